import { bringUp, createRuntime, stopRuntime } from '../actor-lifetime.ts'
import type { ActorRuntime } from '../actor-runtime.ts'
import type { ActorAddress } from '../address.ts'
import { defineActor } from '../definition.ts'
import { packageEntry, rehearsedEntry } from '../entry-points.ts'
import { ContextCancelledError } from '../errors.ts'
import { importFunctions } from '../import-functions.ts'
import { lookUpModule } from '../module-lookup.ts'
import { openNursery } from '../nursery.ts'
import { Portal } from '../portal.ts'
import { runInScope } from '../scope.ts'
import { defaultGraces, type Tree } from '../tree.ts'

const rehearsed = defineActor(import.meta.url, {
  *items() {
    yield 0
  },
})

/**
 * Does once what an actor does at its start and with its first call, for nobody: code takes longer the first time than ever
 * after. Nothing of the tree takes part in it but the module of its registry, and its directory if that was made for it.
 */
export async function rehearse(tree: Tree): Promise<void> {
  const { registrar: _, ...others } = tree
  const alone: Tree = { ...others, attached: [], debug: false }
  // A process that is killed just now leaves its socket behind, and a directory of the user's stays when the tree has gone.
  const listen = tree.ownsRunDirectory ? [`unix:${tree.runDirectory}/warm-${process.pid}.sock`] : []
  try {
    await importLikeAnActor().catch(() => undefined)
    const root = runtimeOf('rehearsal', alone)
    await bringUp(root, { listen: [] })
    await runInScope(root.scope, () =>
      openNursery(async (nursery) => {
        const portal = await nursery.startActor('rehearsed', rehearsed, { spawn: 'inline', listen })
        if (listen.length > 0) await visit({ actor: portal.actor, addresses: listen }, alone)
        else for await (const _ of portal.stream('items'));
        await portal.cancelActor()
      }),
    )
    await leave(root)
  } catch {
    // What goes wrong here goes wrong again where somebody is told.
  }
}

/** Imports a module as an actor's is imported, which imports the package by its name. */
async function importLikeAnActor(): Promise<void> {
  // Sources have none: it would be another engine, and two are in each other's way.
  if (import.meta.resolve('actorflow') !== packageEntry.href) return
  const url = rehearsedEntry.href
  await importFunctions({ url, functions: ['nothing'], lookup: lookUpModule(url) })
}

/** Calls the actor by a connection of its own, as it is with another process. */
async function visit(address: ActorAddress, tree: Tree): Promise<void> {
  const visitor = runtimeOf('visitor', tree)
  const portal = new Portal<typeof rehearsed.functions>(address)
  await runInScope(visitor.scope, async () => {
    for await (const _ of portal.stream('items'));
  })
  await leave(visitor)
}

function runtimeOf(name: string, tree: Tree): ActorRuntime {
  return createRuntime({ self: { name, id: name }, graces: defaultGraces, childGraces: undefined, tree })
}

function leave(runtime: ActorRuntime): Promise<void> {
  return stopRuntime(runtime, new ContextCancelledError(runtime.self, 'the rehearsal is over'))
}
