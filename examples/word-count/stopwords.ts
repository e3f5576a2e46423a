/** Words so frequent in a language that they say nothing about a text. */
const stopwords: Readonly<Record<string, ReadonlySet<string>>> = {
  en: new Set(
    `a about after again all also am an and any are as at be because been before but by can could did do does down each
    even for from had has have he her here him his how i if in into is it its just like may me more most my no not now of
    off on one only or other our out over own s she should so some such t than that the their them then there these they
    this those through to too under until up us very was we were what when where which while who whom whose why will with
    would you your`.split(/\s+/),
  ),
  de: new Set(
    `aber als am an auch auf aus bei bin bis da das dass dem den der des die doch du durch ein eine einem einen einer eines
    er es für hat ich ihm ihn ihr im in ist ja kann mit nach nicht noch nur oder sein sich sie sind so und uns vom von vor
    war was wenn wie wir wird zu zum zur`.split(/\s+/),
  ),
}

export interface StopwordsOptions {
  /** `en` or `de`. */
  readonly language: string
}

/** A step: passes on the words that are no stopwords of the language. */
export async function* withoutStopwords(
  words: AsyncIterable<string>,
  { language }: StopwordsOptions,
): AsyncGenerator<string> {
  const left = stopwords[language]
  if (left === undefined) {
    throw new Error(`there are no stopwords for '${language}' (known: ${Object.keys(stopwords).join(', ')})`)
  }
  for await (const word of words) if (!left.has(word)) yield word
}
