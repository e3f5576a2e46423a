// The least that a thread can be which answers.
import { parentPort } from 'node:worker_threads'

parentPort?.on('message', (message) => parentPort?.postMessage(message, []))
