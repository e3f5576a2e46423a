// Of the debugger, the profiler and the like, each of which is for one process.
const notInherited = /^--(inspect|cpu-prof|heap-prof|prof|test|watch|eval|print|check)|^-(e|p|pe|c)$/

// Nothing of an item outlives its batch, so that the young generation never grows by itself: from its least size, it is collected
// a thousand times a second. With more than this streams are no faster, and each start maps all of it. A flag of this kind costs no
// start otherwise, unlike most: what node has compiled is valid with it.
const youngGeneration = '--min-semi-space-size=8'

/** The flags of an actor's process, of which the caller's come last and count. */
export function actorFlags(flags: readonly string[]): string[] {
  return flags.includes(youngGeneration) ? [...flags] : [youngGeneration, ...flags]
}

/** Whether these are an actor's flags, and nobody has given it any. */
export function areOwnFlags(flags: readonly string[]): boolean {
  return flags.every((flag) => flag === youngGeneration)
}

/** Which of the flags that node was started with it is to be started with again. A value may stand by itself, after its flag. */
export function inheritedFlags(flags: readonly string[]): string[] {
  let inherits = true
  return flags.filter((flag) => {
    if (flag.startsWith('-')) inherits = !notInherited.test(flag)
    return inherits
  })
}
