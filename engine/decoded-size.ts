/** What a peer's bytes are counted as in memory, before it is known what they become: about what V8 makes of them. */

/** What is decoded may take so many times the limit of a flush: values of a byte or two become much more. */
export const growth = 16
export const slotBytes = 8
export const arrayBytes = 32
export const mapBytes = 200
/** What a key of a record's shape takes besides its text. */
export const shapeKeyBytes = 16

// How V8 keeps the values of keys that are indexes. In a list with holes and room for half as many again, as long as none lies further
// beyond what there is room for, ...
const maxGap = 1024
const listRoom = (length: number) => length + (length >>> 1) + 16
// ... up to so many, and beyond that as long as the list is not that many times larger than a table of what is in it. Else in a table, ...
const uncheckedCount = 5000
const mostSlots = 9
const tableRoom = (count: number) => Math.max(4, 2 ** Math.ceil(Math.log2(count + (count >> 1))))
const tableEntryBytes = 24
const tableBytes = 50
// ... until a list would be no more than so many times larger.
const fewSlots = 6

/**
 * What an object takes for its keys that are indexes, which were set in that order: for a single one 12,000 bytes, if it is 1023.
 * Rather too much, where they are such that it is now a list and now a table.
 */
export function indexedBytes(indexes: readonly number[]): number {
  let kind: 'list' | 'table' | 'either' = 'list'
  let room = 0
  let greatest = -1
  for (const [count, index] of indexes.entries()) {
    greatest = Math.max(greatest, index)
    if (kind === 'table' && fewSlots * tableRoom(count + 1) > greatest) kind = 'either'
    else if (kind === 'list' && index >= room) {
      const next = listRoom(index + 1)
      if (index - room >= maxGap || (next > uncheckedCount && next >= mostSlots * tableRoom(count))) kind = 'table'
      room = next
    }
  }
  const table = tableRoom(indexes.length)
  if (kind === 'table') return tableBytes + tableEntryBytes * table
  if (kind === 'list') return room * slotBytes
  return slotBytes * Math.min(listRoom(greatest + 1), Math.max(uncheckedCount, mostSlots * table))
}
