// npm's `prepare`: builds dist/ whenever a clone is installed or packed. npm also calls it at the first `npx flow` in a
// clone, on its way to linking the command: there is nothing to build then, and a failure would spoil npx's cache for good.
import { spawnSync } from 'node:child_process'

if (process.env.npm_command !== 'exec') {
  const { status } = spawnSync('npm run --silent build', { stdio: 'inherit', shell: true })
  process.exitCode = status ?? 1
}
