// The engine's `native-reader` where msgpackr is built into it: what msgpackr does by itself where it is a package.

import { setExtractor } from 'msgpackr:unpack'
import { createRequire } from 'node:module'

export function readNatively() {
  if (process.env['MSGPACKR_NATIVE_ACCELERATION_DISABLED']?.toLowerCase() === 'true') return
  try {
    // It belongs to msgpackr, and is found from there.
    const { extractStrings } = createRequire(import.meta.resolve('msgpackr'))('msgpackr-extract')
    setExtractor(extractStrings)
  } catch {
    // It is optional.
  }
}
