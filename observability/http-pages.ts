import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, isIP } from 'node:net'
import type { HostAndPort } from './metrics-options.ts'

/** What is answered to a request. Plain text unless it says otherwise. */
export interface Page {
  readonly status: number
  readonly text: string
  readonly type?: string
}

/** A server of a few pages. */
export interface HttpPages {
  readonly url: string
  /** Ends it, and what it is in the middle of. */
  close(): Promise<void>
}

const plainText = 'text/plain; charset=utf-8'
// Whoever scrapes has few connections. These limits are for whoever does not scrape.
const maxConnectionCount = 64
const requestTimeoutMs = 10_000

/** What is served. */
export interface PagesToServe {
  /** By their paths. */
  readonly pages: Readonly<Record<string, () => Promise<Page>>>
  /** A page has failed. That is no business of whoever asked for it, who is told only that it has. */
  failed(path: string, error: unknown): void
}

/**
 * Serves pages by their paths. It does not keep the process alive. Where only this machine reaches it, it answers only those
 * who know that: a page of the web whose name leads here all of a sudden, by way of somebody's browser, is refused. Rejects
 * with an Error that names the address if it cannot listen there.
 */
export async function openHttpPages({ host, port }: HostAndPort, served: PagesToServe): Promise<HttpPages> {
  let isLocal = false
  const server = createServer({ requestTimeout: requestTimeoutMs }, (request, response) => {
    if (isLocal && !namesThisMachine(request, host)) return write(request, response, wrongHost)
    void answer(request, served).then((page) => write(request, response, page))
  })
  server.maxConnections = maxConnectionCount
  await listen(server, { host, port })
  server.unref()
  const { address, port: bound } = server.address() as AddressInfo
  isLocal = /^(?:::1$|(?:::ffff:)?127\.)/.test(address)
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const wrongHost: Page = { status: 403, text: 'this is asked for by an IP address, or as localhost\n' }

/**
 * Whether a request names this machine: an address is not looked up, and only the machine itself is localhost. Any other name
 * may be one that was made to lead here. Who sends no name is no browser.
 */
function namesThisMachine({ headers }: IncomingMessage, ownName: string): boolean {
  if (headers.host === undefined) return true
  const name = hostnameOf(headers.host)?.replace(/^\[|\]$/g, '') ?? ''
  return isIP(name) !== 0 || name === hostnameOf(ownName) || /(?:^|\.)localhost$/.test(name)
}

/** Names are written in several ways, with capitals for example: this is how they are compared. */
function hostnameOf(host: string): string | undefined {
  return URL.parse(`http://${host}`)?.hostname
}

async function answer(request: IncomingMessage, { pages, failed }: PagesToServe): Promise<Page> {
  const path = request.url?.replace(/\?.*$/s, '') ?? ''
  const page = Object.hasOwn(pages, path) ? pages[path] : undefined
  if (page === undefined) return { status: 404, text: `there are ${Object.keys(pages).join(', ')}\n` }
  if (request.method !== 'GET' && request.method !== 'HEAD') return { status: 405, text: 'these pages are only read\n' }
  try {
    return await page()
  } catch (error) {
    failed(path, error)
    return { status: 500, text: 'this has failed; the log says why\n' }
  }
}

function write(request: IncomingMessage, response: ServerResponse, { status, text, type = plainText }: Page): void {
  // What a proxy remembers would be out of date.
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' })
  response.end(request.method === 'HEAD' ? undefined : text)
}

function listen(server: Server, { host, port }: HostAndPort): Promise<void> {
  return new Promise((resolve, reject) => {
    // Stays: what becomes of one connection is no reason to end the process.
    server.on('error', (error: NodeJS.ErrnoException) => {
      const why = reasons[error.code ?? ''] ?? error.message
      reject(new Error(`metrics cannot be served at ${host}:${port}: ${why}`, { cause: error }))
    })
    server.listen(port, host, resolve)
  })
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use (EADDRINUSE)',
  EACCES: 'the port may not be used without privileges (EACCES)',
  EADDRNOTAVAIL: 'it is no address of this host (EADDRNOTAVAIL)',
  ENOTFOUND: 'there is no host of that name (ENOTFOUND)',
}
