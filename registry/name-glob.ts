/** Whether a name fits a pattern, in which `*` stands for any text and `?` for any one character. */
export function nameFilter(pattern: string): (name: string) => boolean {
  const parts = Array.from(pattern.replaceAll(/\*+/g, '*'), (char) => {
    if (char === '*') return '.*'
    return char === '?' ? '.' : RegExp.escape(char)
  })
  const expression = new RegExp(`^${parts.join('')}$`, 'su')
  return (name) => expression.test(name)
}
