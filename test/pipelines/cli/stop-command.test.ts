import { describe, expect, it } from 'vitest'
import { ChannelBrokenError } from '../../../engine/index.ts'
import { type StopOptions, stopCommand } from '../../../pipelines/cli/stop-command.ts'
import { guestBed, registrationOf } from './guest-bed.ts'

/** Actors that leave when they are asked to: at once, or a moment after they have said yes. */
async function stop(who: string, names: Readonly<Record<string, string>>, options: StopOptions = {}, lateMs?: number) {
  const asked: string[] = []
  const actors = Object.entries(names).map(([id, name]) => {
    const leave = (how: string) => async (reason?: string) => {
      asked.push(`${how} ${id}: ${reason}`)
      if (lateMs === undefined) await bed.depart(id)
      else setTimeout(() => void bed.depart(id), lateMs)
    }
    const portal = { cancelActor: leave('cancel'), drainActor: leave('drain') }
    return { registration: registrationOf(name, { actor: { name, id }, pid: 7 }), portal }
  })
  const bed = await guestBed(actors)
  const exitCode = await stopCommand(who, options, bed.host)
  return { exitCode, asked, ...bed.written, left: bed.left() }
}

describe('flow stop', () => {
  it('asks an actor to leave, and says so when it has', async () => {
    expect(await stop('frank', { f1: 'frank', d1: 'donny' }, { reason: 'enough' })).toEqual({
      exitCode: 0,
      asked: ['cancel f1: enough'],
      stdout: 'frank (f1) has left\n',
      stderr: '',
      left: 1,
    })
  })

  it('waits until it has left the registry', async () => {
    const { stdout, exitCode } = await stop('frank', { f1: 'frank' }, {}, 20)
    expect({ stdout, exitCode }).toEqual({ stdout: 'frank (f1) has left\n', exitCode: 0 })
  })

  it('lets it drain', async () => {
    expect(await stop('d1', { d1: 'donny' }, { drain: true })).toMatchObject({
      exitCode: 0,
      asked: ['drain d1: flow stop'],
    })
  })

  it('refuses to choose between several of a name, and takes all of them, or one by its id', async () => {
    const two = { f1: 'frank', f2: 'frank', d1: 'donny' }
    expect(await stop('frank', two)).toMatchObject({
      exitCode: 2,
      asked: [],
      stdout: '',
      stderr:
        "flow: 2 actors are called 'frank': name an id, or give --all: f2 (process 7 on here), f1 (process 7 on here)\n",
    })
    const all = await stop('frank', two, { all: true })
    expect(all.asked.toSorted()).toEqual(['cancel f1: flow stop', 'cancel f2: flow stop'])
    expect(all.exitCode).toBe(0)
    expect(await stop('f2', two)).toMatchObject({ exitCode: 0, asked: ['cancel f2: flow stop'] })
  })

  it('says that there is none', async () => {
    expect(await stop('frank', { d1: 'donny' })).toMatchObject({
      exitCode: 1,
      stderr: "flow: no actor has the name or id 'frank'; there is donny\n",
    })
  })

  it('takes it as left when the registry has gone with it', async () => {
    const gone = new ChannelBrokenError({ name: 'frank', id: 'f1' }, 'it left')
    const registration = registrationOf('frank', { actor: { name: 'frank', id: 'f1' } })
    const bed = await guestBed([{ registration, portal: { cancelActor: async () => undefined } }])
    const known = [registration]
    let asked = 0
    bed.registry.findAll = async () => {
      asked += 1
      if (asked > 1) throw gone
      return known
    }
    expect(await stopCommand('frank', {}, bed.host)).toBe(0)
    expect(bed.written).toEqual({ stdout: 'frank (f1) has left\n', stderr: '' })
  })
})
