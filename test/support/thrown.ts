import { RemoteActorError } from '../../index.ts'

/** What a promise rejects with. */
export async function errorOf(promise: Promise<unknown>): Promise<Error & { readonly code?: string }> {
  let value: unknown
  try {
    value = await promise
  } catch (error) {
    if (error instanceof Error) return error
    throw new Error(`rejected with what is no error: ${String(error)}`, { cause: error })
  }
  throw new Error(`resolved to ${JSON.stringify(value)}`)
}

/** The error of another actor that a call rejects with. */
export async function remoteErrorOf(promise: Promise<unknown>): Promise<RemoteActorError> {
  const error = await errorOf(promise)
  if (!(error instanceof RemoteActorError)) throw error
  return error
}
