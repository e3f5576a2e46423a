#!/usr/bin/env node
// Starts the `flow` command. Written so that an old Node can parse it, to be able to say which Node is needed.
import { spawn } from 'child_process'
import { closeSync, existsSync, openSync } from 'fs'
import Module from 'module'
import { constants } from 'os'
import { fileURLToPath } from 'url'

const requiredMajor = 24
const cli = new URL('../dist/pipelines/cli/main.js', import.meta.url)
// Only a clone has this one: the devDependency `node`.
const pinnedNode = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url))

if (parseInt(process.versions.node, 10) < requiredMajor) {
  if (existsSync(pinnedNode)) runAgainWith(pinnedNode)
  else stop(`needs Node ${requiredMajor} or newer, but this is Node ${process.versions.node} (${process.execPath})`)
} else if (!existsSync(cli)) {
  stop(`is not built yet: run \`npm run build\` in ${fileURLToPath(new URL('..', import.meta.url))}`)
} else {
  Module.enableCompileCache()
  void import(cli.href)
}

function stop(why) {
  process.stderr.write(`flow ${why}\n`)
  process.exitCode = 2
}

function runAgainWith(node) {
  const args = [fileURLToPath(import.meta.url)].concat(process.argv.slice(2))
  const child = spawn(node, args, { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // A terminal's ctrl-c goes to the child as well: passing it on would make two of it.
      if (signal !== 'SIGINT' || !hasTerminal()) child.kill(signal)
    })
  }
  child.on('error', (error) => stop(`could not start ${node}: ${error.message}`))
  child.on('exit', (code, signal) => {
    if (signal === null) {
      process.exitCode = code
      return
    }
    // End as the child did, so that a shell sees the same; the exit code is for signals that do not end this process.
    process.exitCode = 128 + constants.signals[signal]
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

function hasTerminal() {
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return true
  } catch {
    return false
  }
}
