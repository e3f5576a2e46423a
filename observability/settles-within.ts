/** True once `work` has settled either way; false if that takes longer. */
export async function settlesWithin(work: Promise<unknown>, limitMs: number): Promise<boolean> {
  const { promise: tooLate, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(resolve, limitMs, false)
  const settled = () => true
  try {
    return await Promise.race([work.then(settled, settled), tooLate])
  } finally {
    clearTimeout(timer)
  }
}
