/** What a peer's bytes are counted as in memory, before it is known what they become: about what V8 makes of them. */

/** What is decoded may take so many times the limit of a flush: values of a byte or two become much more. */
export const growth = 16
export const slotBytes = 8
export const arrayBytes = 32
export const mapBytes = 200
/** What a key of a record's shape takes besides its text. */
export const shapeKeyBytes = 16
