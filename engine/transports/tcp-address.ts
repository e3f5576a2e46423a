import { isIP, isIPv6 } from 'node:net'
import { UsageError } from '../errors.ts'
import { loadNet } from '../late-builtins.ts'

const addressPattern = /^tcp:\/\/(?:\[(?<ipv6>[^\]/]+)\]|(?<name>[^:/[\]@?#\s]+)):(?<port>\d{1,5})$/

/** Whether the address can be reached from its own host only. Throws `UsageError` if it is no TCP address. */
export function isLoopback(address: string): boolean {
  const { host } = parseTcpAddress(address)
  if (isIP(host) === 0) return host.toLowerCase() === 'localhost'
  // Which node loads when it is read, and an actor need not that listens at no TCP address.
  const { BlockList } = loadNet()
  const loopback = new BlockList()
  loopback.addSubnet('127.0.0.0', 8, 'ipv4')
  loopback.addAddress('::1', 'ipv6')
  return loopback.check(host, isIPv6(host) ? 'ipv6' : 'ipv4')
}

/** Host and port of `tcp://host:port`. Throws `UsageError` for anything else. */
export function parseTcpAddress(address: string): { readonly host: string; readonly port: number } {
  const { ipv6, name, port } = addressPattern.exec(address)?.groups ?? {}
  const host = ipv6 ?? name
  if (host === undefined || (ipv6 !== undefined && !isIPv6(ipv6)) || Number(port) > 65_535) {
    throw new UsageError(
      `'${address}' is no TCP address: write tcp://host:port, such as tcp://127.0.0.1:4100 or tcp://[::1]:4100, with a port up to 65535`,
    )
  }
  return { host, port: Number(port) }
}

/** The address of a host, which may be one of IPv6, and a port. */
export function formatTcpAddress(host: string, port: number): string {
  return `tcp://${isIPv6(host) ? `[${host}]` : host}:${port}`
}
