import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

/**
 * Every name that a user can import: to remove or rename one is a breaking change. After a deliberate change, `npx vitest
 * run --project unit test/exports.test.ts -u` writes the new list.
 */
describe('The public names', () => {
  it('of actorflow', () => {
    expect(namesOf('../index.ts')).toMatchInlineSnapshot(`
      "type ActorAddress
      ActorDrainingError
      ActorExitError
      type ActorId
      ActorNotFoundError
      ActorTooSlowError
      type Attach
      type AttachedModule
      type Attachment
      type BackoffOptions
      Batch
      type CallArgs
      type CallOptions
      type Capabilities
      ChannelBrokenError
      ChannelClosedError
      type Closable
      type Cluster
      type ClusterOptions
      type Context
      ContextCancelledError
      type ContextFunction
      type ContextHandle
      ContextLimitError
      type ContextName
      type CurrentActor
      DeadlineExceededError
      type Definition
      type FindOptions
      FlowError
      FrameTooLargeError
      type Functions
      type Hop
      type Interceptor
      type ItemOf
      LeaseLostError
      type LedgerEntry
      type LedgerOptions
      type LogRecord
      type LogSettings
      type LogWatcher
      type LookupOptions
      type MapItem
      type MapOptions
      type MappedResults
      type MessageStream
      NameTakenError
      type NodeReadableOptions
      NotEncodableError
      NotExposedError
      type Nursery
      type NurseryEvent
      type NurseryOptions
      type OpenContext
      type Portal
      ProtocolError
      type Registration
      type Registry
      type RegistryChange
      RegistryError
      RegistryUnavailableError
      RemoteActorError
      type Resource
      type ResourceValue
      type ResultPortal
      type Root
      type RunName
      type RunOptions
      type RunResult
      type Selection
      type Shared
      SpawnError
      type SpawnOptions
      StreamClosedError
      type StreamItem
      StreamLaggedError
      type StreamName
      StreamOverrunError
      type SubscribeOptions
      type Subscription
      type SupervisionOptions
      UnauthenticatedError
      UsageError
      VersionMismatchError
      type WaitForActorOptions
      batch
      context
      continueTrace
      contributeTo
      currentActor
      currentSignal
      defineActor
      failAfter
      findActor
      findActors
      fromNodeReadable
      fromWebStream
      getRegistry
      holdLeadership
      madeOf
      moveOnAfter
      openCluster
      openNursery
      openRoot
      run
      shared
      shield
      sleep
      toNodeReadable
      toWebStream
      transfer
      waitForActor
      watchActors"
    `)
  })

  it('of actorflow/operators', () => {
    expect(namesOf('../operators/index.ts')).toMatchInlineSnapshot(`
      "type Kernel
      type KeyCount
      type Operator
      type PipeSource
      type Rankable
      type Sequence
      type Step
      StepError
      type StepFailure
      type StepKind
      batch
      compileKernel
      countBy
      distinct
      filter
      flatMap
      isAsyncFunction
      ixOperatorNames
      loadIxOperator
      map
      merge
      pipe
      reduce
      scan
      skip
      sum
      take
      topN"
    `)
  })

  it('of actorflow/registry', () => {
    expect(namesOf('../registry/index.ts')).toMatchInlineSnapshot(`
      "ActorNotFoundError
      type Capabilities
      type FindOptions
      type Lease
      LeaseLostError
      type LedgerEntry
      type LedgerEvent
      type LedgerNote
      type LedgerOptions
      type LookupOptions
      MemoryRegistry
      type NameHolder
      NameTakenError
      type OpenRegistry
      type Registration
      type Registry
      type RegistryChange
      RegistryError
      type RegistryHost
      RegistryUnavailableError
      type RetireOptions
      type RunOptions
      type Selection
      type WaitForActorOptions
      type WaitOptions
      findActor
      findActors
      findHeldRegistrations
      getActor
      getRegistry
      holdLeadership
      openCluster
      openNursery
      openRoot
      reachableAddress
      run
      waitForActor
      watchActors"
    `)
  })

  it('of actorflow/registry/redis', () => {
    expect(namesOf('../registry/redis/index.ts')).toMatchInlineSnapshot(`"openRegistry"`)
  })

  it('of actorflow/pipelines', () => {
    expect(namesOf('../pipelines/index.ts')).toMatchInlineSnapshot(`
      "type ActorStatistics
      type ActorWaiting
      type ArgumentFunction
      type BatchedInput
      type BuiltinPlan
      DrainTimeoutError
      type DropSinkOptions
      type EndPlan
      type FileSinkOptions
      type FileSourceOptions
      type FunctionPlan
      type GenerateSourceOptions
      type InlineFunctionPlan
      type InputPlan
      type ModuleFunctionPlan
      type ModulePlan
      type OpenPipelineOptions
      type OptionFields
      type Pipeline
      PipelineError
      PipelineSpecError
      type PipelineStatistics
      type Plan
      type PlanOptions
      type Problem
      type ResolvedStep
      type SinkDefinition
      type SourceDefinition
      type StageContext
      StageError
      type StageFailure
      type StagePlan
      type StageState
      type StageStatistics
      type StdinSourceOptions
      type StdoutSinkOptions
      type StepDefinition
      type StepPlan
      type TimeShares
      type UserFunction
      type Waiting
      documentJsonSchema
      formatProblem
      inputBatches
      loadExport
      loadFunction
      openDropSink
      openFileSink
      openFileSource
      openGenerateSource
      openPipeline
      openStdinSource
      openStdoutSink
      planFile
      planObject
      planText
      resolveSteps
      sinks
      sources
      steps"
    `)
  })

  it('of actorflow/observability', () => {
    expect(namesOf('../observability/index.ts')).toMatchInlineSnapshot(`
      "type LogsOptions
      type MetricsExporter
      type MetricsOptions
      type SentSpans
      type TraceExporter
      type TracingOptions
      attributeNames
      logs
      metrics
      tracing"
    `)
  })

  it('are those of the entry points in package.json', () => {
    const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
    expect(Object.keys(manifest.exports)).toEqual([
      '.',
      './operators',
      './registry',
      './registry/redis',
      './pipelines',
      './observability',
      './package.json',
    ])
  })
})

/** The names as the index lists them, types marked as such, sorted. An index that hides its names (`export *`) is refused. */
function namesOf(index: string): string {
  const text = readFileSync(new URL(index, import.meta.url), 'utf8')
  const code = text.replace(/\/\*[^]*?\*\//g, '').replace(/\/\/.*$/gm, '')
  const lists = Array.from(code.matchAll(/export\s+(type\s+)?\{([^}]*)\}\s*from\s*'[^']+'/g))
  const rest = lists.reduce((left, [list]) => left.replace(list, ''), code)
  expect(rest.trim().replaceAll(';', ''), `${index} is a list of \`export { names } from\``).toBe('')
  const names = lists.flatMap(([, type, list = '']) => {
    const each = list
      .split(',')
      .map((name) => name.trim().replace(/^(type )?.* as /, '$1'))
      .filter(Boolean)
    return type ? each.map((name) => `type ${name}`) : each
  })
  const bare = (name: string): string => name.replace(/^type /, '')
  return names.toSorted((a, b) => (bare(a) < bare(b) ? -1 : 1)).join('\n')
}
