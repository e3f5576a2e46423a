import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import parse from 'parse-prometheus-text-format'

/** One value of a metric that was scraped. */
export interface Sample {
  readonly value: number
  readonly labels: Readonly<Record<string, string>>
}

/** Scrapes an address, and reads the answer as Prometheus would. The samples of a metric, by its name. */
export async function scrape(url: string): Promise<(name: string, labels?: Record<string, string>) => Sample[]> {
  const { status, type, text } = await get(`${url}/metrics`)
  if (status !== 200 || !type?.startsWith('text/plain; version=0.0.4')) throw new Error(`${status} ${type}: ${text}`)
  const families = parse(text)
  return (name, labels = {}) => {
    const samples = families.filter((family) => family.name === name).flatMap((family) => family.metrics)
    return samples
      .map((sample) => ({ value: Number(sample.value), labels: sample.labels ?? {} }))
      .filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
  }
}

/** Asks for a page, on a connection of its own. */
export async function get(url: string, method = 'GET'): Promise<{ status: number; type: string | null; text: string }> {
  const response = await fetch(url, { method, headers: { connection: 'close' } })
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() }
}

/** Listens at a port of 127.0.0.1 that was free. */
export async function listenAnywhere(server: Server = createServer()): Promise<{ server: Server; port: number }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, port: (server.address() as AddressInfo).port }
}

/** A port of 127.0.0.1 where nobody listens. */
export async function freePort(): Promise<number> {
  const { server, port } = await listenAnywhere()
  await new Promise((resolve) => server.close(resolve))
  return port
}
