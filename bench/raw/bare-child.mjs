// The least that a process can be which answers over a socket.
import { Socket } from 'node:net'

const socket = new Socket({ fd: 3, readable: true, writable: true })
socket.on('data', (bytes) => socket.write(bytes))
socket.on('close', () => process.exit())
