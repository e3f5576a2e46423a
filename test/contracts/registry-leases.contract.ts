import { describe, expect, it } from 'vitest'
import { LeaseLostError, NameTakenError } from '../../engine/index.ts'
import { errorOf } from '../support/thrown.ts'
import { type RegistryBed, registrationOf } from './registry-bed.ts'

const signal: AbortSignal = new AbortController().signal

/** What a registry promises of names that are one actor's alone, and of leadership. */
export function describeLeases(name: string, bed: RegistryBed): void {
  const { run } = bed
  const uniqueOf = (of: string) => ({ ...registrationOf(of), unique: true })

  describe(`${name}, with unique names`, () => {
    it('gives a name to one alone, and tells the second who has it', async () => {
      await run(async () => {
        const first = uniqueOf('one')
        const lease = await bed.registry.register(first)
        for (const second of [uniqueOf('one'), registrationOf('one')]) {
          const error = await errorOf(bed.registry.register(second))
          expect(error).toBeInstanceOf(NameTakenError)
          const { host, pid } = first
          expect(error).toMatchObject({ actorName: 'one', holder: { ...first.actor, host, pid } })
        }
        expect(await bed.registry.findAll('one')).toEqual([{ ...first, fence: lease.fence }])
      })
    })

    it('does not give it while others have it', async () => {
      await run(async () => {
        await bed.registry.register(registrationOf('one'))
        expect(await errorOf(bed.registry.register(uniqueOf('one')))).toBeInstanceOf(NameTakenError)
        await bed.registry.register(uniqueOf('two'))
      })
    })

    it('gives it to the next once it is free, with a greater number', async () => {
      await run(async () => {
        const fences: number[] = []
        for (let n = 0; n < 5; n += 1) {
          const lease = await bed.registry.register(uniqueOf('one'))
          fences.push(lease.fence ?? Number.NaN)
          await lease.release()
        }
        expect(fences).toEqual([...new Set(fences)].toSorted((a, b) => a - b))
        expect((await bed.registry.register(registrationOf('one'))).fence).toBeUndefined()
      })
    })

    it('lets one of many that come at once have it', async () => {
      await run(async () => {
        const tries = await Promise.allSettled(Array.from({ length: 20 }, () => bed.registry.register(uniqueOf('one'))))
        expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
        expect(await bed.registry.findAll('one')).toHaveLength(1)
      })
    })

    it('takes it from one that is known to be dead, and from no other', async () => {
      await run(async () => {
        const first = uniqueOf('one')
        await bed.registry.register(first)
        await bed.registry.retire(first.actor, { why: 'nobody answers' })
        expect(await errorOf(bed.registry.register(uniqueOf('one')))).toBeInstanceOf(NameTakenError)
        await bed.registry.retire(first.actor, { why: 'its process ended', certain: true })
        await bed.registry.register(uniqueOf('one'))
      })
    })
  })

  describe(`${name}, with leadership`, () => {
    it('has one lead at a time, each with a greater number than the one before', async () => {
      await run(async () => {
        let leaders = 0
        const fences: number[] = []
        const lead = async (): Promise<void> => {
          const lease = await bed.registry.lead('duties', { signal })
          leaders += 1
          expect(leaders).toBe(1)
          fences.push(lease.fence ?? Number.NaN)
          await bed.registry.find('anybody')
          leaders -= 1
          await lease.release()
        }
        await Promise.all(Array.from({ length: 8 }, lead))
        expect(fences).toEqual([...new Set(fences)].toSorted((a, b) => a - b))
        expect(fences).toHaveLength(8)
      })
    })

    it('has others lead under other names', async () => {
      await run(async () => {
        const leases = await Promise.all(['a', 'b', '', '名前'].map((duty) => bed.registry.lead(duty, { signal })))
        expect(new Set(leases.map(({ fence }) => fence)).size).toBe(4)
        await Promise.all(leases.map((lease) => lease.release()))
      })
    })

    it('ends the wait for it with the reason of its signal, and no other wait', async () => {
      await run(async () => {
        const lease = await bed.registry.lead('duties', { signal })
        const controller = new AbortController()
        const reason = new Error('enough')
        const impatient = errorOf(bed.registry.lead('duties', { signal: controller.signal }))
        const patient = bed.registry.lead('duties', { signal })
        await bed.registry.find('anybody')
        controller.abort(reason)
        expect(await impatient).toBe(reason)
        await lease.release()
        await (await patient).release()
      })
    })

    it('is not shaken by an actor of the same name', async () => {
      await run(async () => {
        const lease = await bed.registry.lead('duties', { signal })
        await bed.registry.register(uniqueOf('duties'))
        let lost: unknown = 'never'
        void lease.lost.then((error) => {
          lost = error
        })
        await bed.registry.find('anybody')
        expect(lost).not.toBeInstanceOf(LeaseLostError)
        await lease.release()
      })
    })
  })
}
