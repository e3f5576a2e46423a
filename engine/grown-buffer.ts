/** A larger copy of the bytes that are used, with room for so many more. What was read from the old one stays as it is. */
export function grownBuffer(bytes: Buffer, usedCount: number, moreCount: number): Buffer {
  const needed = usedCount + moreCount
  let size = bytes.length * 2
  while (size < needed) size *= 2
  const grown = Buffer.allocUnsafeSlow(size)
  grown.set(bytes.subarray(0, usedCount))
  return grown
}
