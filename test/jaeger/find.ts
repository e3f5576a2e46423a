// Prints the path of the Jaeger that the tests would use. Where there is none, says so and how to get one, and ends with 1.
import { findJaeger, howToGetJaeger } from '../support/jaeger-binary.ts'

try {
  const found = findJaeger()
  if (found === undefined) throw new Error(howToGetJaeger)
  process.stdout.write(`${found}\n`)
} catch (error) {
  process.stderr.write(`${Error.isError(error) ? error.message : String(error)}\n`)
  process.exitCode = 1
}
