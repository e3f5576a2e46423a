/**
 * What packed items may be: an `ItemPacker` keeps to it, and an `ItemUnpacker` takes nothing else. The bytes are in
 * docs/protocol.md, "Packed items".
 */

/** As many record shapes as one byte can tell apart. Records of further shapes are written with their keys. */
export const maxShapeCount = 64
export const maxShapeKeyCount = 128
/** What the keys of all shapes of one stream may take, each of them `shapeKeyBytes` besides its text. */
export const maxShapeBytes: number = 256 * 1024
export const shapeKeyBytes = 16
/** How deep an item may be nested. Larger items, and deeper ones, are for the general encoder. */
export const maxDepth = 8
/** Texts of fewer characters have their length in their first byte, if each character is below U+0100. */
export const shortTextChars = 0x20
/** Texts of fewer characters have it in the byte behind that, if they are ASCII. */
export const middleTextChars = 0x100
