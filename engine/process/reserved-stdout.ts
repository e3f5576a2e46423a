import type { Writable } from 'node:stream'

/** The file descriptor of its parent's standard output in a process that was started with `stdout: 'reserved'`. */
const reservedStdoutFd = 4

/**
 * Opens the standard output of the program in an actor that was started with `stdout: 'reserved'`: only whoever asks for it
 * here writes there, and not whatever else this process prints. To be opened once; it is closed with the process.
 */
export function openReservedStdout(): Writable {
  // Loaded here, because few actors have a use for them.
  const { createWriteStream, fstatSync } = process.getBuiltinModule('node:fs')
  const { isatty, WriteStream } = process.getBuiltinModule('node:tty')
  const { Socket } = process.getBuiltinModule('node:net')
  const fd = reservedStdoutFd
  if (isatty(fd)) return new WriteStream(fd)
  const file = fstatSync(fd)
  if (file.isFIFO() || file.isSocket()) return new Socket({ fd, readable: false, writable: true })
  return createWriteStream('', { fd, autoClose: false })
}
