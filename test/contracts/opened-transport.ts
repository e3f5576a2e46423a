import type { Transport } from '../../engine/transport.ts'

/** A transport to test. */
export interface OpenedTransport {
  readonly transport: Transport
  /** Where to listen; another place each time. */
  newAddress(): string
  close?(): Promise<void>
}
