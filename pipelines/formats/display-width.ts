/** Made at its first use: it takes longer to load than all of this folder. */
let graphemes: Intl.Segmenter | undefined
const plain = /^[\x20-\x7e]*$/
/** The blocks that terminals draw two cells wide: East Asian scripts, full-width forms, and emoji. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\p{Emoji}\ufe0f/u
const invisible = /^[\p{Mark}\p{Format}\p{Control}]+$/u

/** How many cells of a terminal a text takes. */
export function displayWidth(text: string): number {
  if (plain.test(text)) return text.length
  let width = 0
  graphemes ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' })
  for (const { segment } of graphemes.segment(text)) {
    if (!invisible.test(segment)) width += wide.test(segment) ? 2 : 1
  }
  return width
}
