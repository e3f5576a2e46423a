/**
 * Calls `return()` on all of the iterators at once, and waits for all of them: one that is slow or that fails keeps no other one open.
 * Then throws the first failure.
 */
export async function closeAll(
  iterators: Iterable<Iterator<unknown> | AsyncIterator<unknown> | undefined>,
): Promise<void> {
  const closings = await Promise.allSettled(Array.from(iterators, async (iterator) => iterator?.return?.()))
  for (const closing of closings) {
    if (closing.status === 'rejected') throw closing.reason
  }
}
