import { readFile } from 'node:fs/promises'
import type { TlsOptions } from '../../engine/index.ts'
import { fileErrorReason } from '../file-error.ts'
import { CommandError } from './command-error.ts'

/** Where the certificates for mutual TLS are; all three or none. */
export interface TlsFiles {
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly tlsCa?: string
}

/** Reads them. Throws `CommandError` if one is missing or cannot be read. */
export async function readTlsFiles({ tlsCert, tlsKey, tlsCa }: TlsFiles): Promise<{ readonly tls?: TlsOptions }> {
  if (tlsCert === undefined && tlsKey === undefined && tlsCa === undefined) return {}
  if (tlsCert === undefined || tlsKey === undefined || tlsCa === undefined) {
    throw new CommandError('TLS needs all three: --tls-cert, --tls-key and --tls-ca')
  }
  const [cert, key, ca] = await Promise.all([read(tlsCert), read(tlsKey), read(tlsCa)])
  return { tls: { cert, key, ca } }
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new CommandError(`${file}: ${fileErrorReason(error)}`)
  }
}
