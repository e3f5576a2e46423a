// Of the debugger, the profiler and the like, each of which is for one process.
const notInherited = /^--(inspect|cpu-prof|heap-prof|prof|test|watch|eval|print|check)|^-(e|p|pe|c)$/

/** Which of the flags that node was started with it is to be started with again. A value may stand by itself, after its flag. */
export function inheritedFlags(flags: readonly string[]): string[] {
  let inherits = true
  return flags.filter((flag) => {
    if (flag.startsWith('-')) inherits = !notInherited.test(flag)
    return inherits
  })
}
