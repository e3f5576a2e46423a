import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { hasSameFiles, hostId, isSameHost } from '../../engine/host-id.ts'

describe('The id of a host', () => {
  it('is the same in all its processes', () => {
    const module = fileURLToPath(new URL('../../engine/host-id.ts', import.meta.url))
    const code = `import { hostId } from ${JSON.stringify(module)}\nconsole.log(hostId())`
    const other = execFileSync(process.execPath, ['--input-type=module', '--eval', code], { encoding: 'utf8' }).trim()
    expect(other).toBe(hostId())
    expect(isSameHost(other, hostId()) && hasSameFiles(other, hostId())).toBe(true)
  })

  it('tells by the boot of the machine and its network whether loopback is the same, and by its files whether paths are', () => {
    const here = 'boot/1/2'
    const compare = (other: string) => [isSameHost(here, other), hasSameFiles(here, other)]
    expect(compare('boot/1/2')).toEqual([true, true])
    expect(compare('boot/1/3')).toEqual([true, false])
    expect(compare('boot/4/2')).toEqual([false, false])
    expect(compare('other/1/2')).toEqual([false, false])
    expect(compare('lab')).toEqual([false, false])
    expect(isSameHost('lab', 'lab') && hasSameFiles('lab', 'lab')).toBe(true)
  })
})
