/**
 * What packed items may be: an `ItemPacker` keeps to it, and an `ItemUnpacker` takes nothing else. The bytes are in
 * docs/protocol.md, "Packed items".
 */
import { slotBytes } from './decoded-size.ts'

/** As many record shapes as one byte can tell apart. Records of further shapes are written with their keys. */
export const maxShapeCount = 64
export const maxShapeKeyCount = 128
/** What the keys of all shapes of one stream may take. */
export const maxShapeBytes: number = 256 * 1024

// An object with an index as a key may get room for all indexes below it: V8 does so where they are near, as those of 4 digits may be.
const nearIndex = /^(?:0|[1-9]\d{0,3})$/
const maxIndex = 63

/** A record or object with such a key takes thousands of times what it takes as bytes: it is for the general encoder. */
export const isCostlyKey = (key: string): boolean =>
  key.length > 1 && key.length < 5 && nearIndex.test(key) && Number(key) > maxIndex

/** What a key counts of what its record takes in memory. */
export const keySlotBytes = (key: string): number =>
  key.length < 3 && nearIndex.test(key) ? 160 + 12 * Number(key) : slotBytes

/** How deep an item may be nested. Larger items, and deeper ones, are for the general encoder. */
export const maxDepth = 8
/** Texts of fewer characters have their length in their first byte, if each character is below U+0100. */
export const shortTextChars = 0x20
/** Texts of fewer characters have it in the byte behind that, if they are ASCII. */
export const middleTextChars = 0x100
