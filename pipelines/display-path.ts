import { isAbsolute, relative } from 'node:path'

/** A path as the author of a document knows it: relative to the document where it is below its folder. */
export function displayPath(path: string, directory: string): string {
  const name = relative(directory, path)
  return name === '' || name.startsWith('..') || isAbsolute(name) ? path : name
}
