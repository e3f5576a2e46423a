import type { Attributes } from '@opentelemetry/api'
import type { Activity, ActorId, Call, Hop } from '../engine/index.ts'
import { parseActorName } from './stage-name.ts'

/**
 * Every name in traces and logs, by OpenTelemetry's conventions for resources, messaging and RPC where they have one; all others
 * begin with `actorflow.`: https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/
 */
export const attributeNames = {
  serviceName: 'service.name',
  serviceInstanceId: 'service.instance.id',
  system: 'messaging.system',
  operationType: 'messaging.operation.type',
  operationName: 'messaging.operation.name',
  destinationName: 'messaging.destination.name',
  clientId: 'messaging.client.id',
  pipeline: 'actorflow.pipeline.name',
  stage: 'actorflow.stage.name',
  actorIndex: 'actorflow.actor.index',
  functionName: 'actorflow.function',
  rpcSystem: 'rpc.system.name',
  rpcMethod: 'rpc.method',
  callKind: 'actorflow.call.kind',
  /** Why there is a span of what was not sampled. */
  keptFor: 'actorflow.kept_for',
  peerId: 'actorflow.peer.id',
  actorName: 'actorflow.actor.name',
  actorId: 'actorflow.actor.id',
  spawnMethod: 'actorflow.spawn.method',
  restartCount: 'actorflow.restart.count',
  stages: 'actorflow.pipeline.stages',
  itemsIn: 'actorflow.items.in',
  itemsOut: 'actorflow.items.out',
  /** Which item of its stream it is, from 0. */
  itemNumber: 'actorflow.item.number',
  /** The index of the actor, where a stage has several. */
  partition: 'messaging.destination.partition.id',
  /** From the arrival in the actor to the hands of the consumer. */
  queueWaitMs: 'actorflow.queue_wait_ms',
  /** How long it was ready, and could not be sent. */
  creditWaitMs: 'actorflow.credit_wait_ms',
  /** How long it was in the consumer's hands. */
  handlerMs: 'actorflow.handler_ms',
  /** True where nothing came of an item: its trace ends there. */
  itemDropped: 'actorflow.item.dropped',
  /** True where the work on an item was ended before it was done, and why it was. */
  cancelled: 'actorflow.cancelled',
  cancelReason: 'actorflow.cancel.reason',
  errorType: 'error.type',
  exceptionType: 'exception.type',
  exceptionMessage: 'exception.message',
  exceptionStacktrace: 'exception.stacktrace',
  processId: 'process.pid',
  /** Of how many sampled items of its stage's input an aggregate was made, whether or not it has a link to each of them. */
  contributorCount: 'actorflow.contributor.count',
} as const

/** The two spans of a hop: the sender's and the receiver's. */
export type HopOperation = 'send' | 'process'

/** What the spans of an operation have that differs from one to the next: whole numbers, and milliseconds. */
export interface MeasuredNames {
  readonly number: string
  /** Of the time before the operation. */
  readonly wait: string
  /** Of the time that the span lasts. */
  readonly duration?: string
}

export const measuredNames: Readonly<Record<HopOperation, MeasuredNames>> = {
  send: { number: attributeNames.itemNumber, wait: attributeNames.creditWaitMs },
  process: {
    number: attributeNames.itemNumber,
    wait: attributeNames.queueWaitMs,
    duration: attributeNames.handlerMs,
  },
}

/** The name of a hop's span: `send words` in the stage before, `process words` in the stage itself. */
export function hopSpanName(hop: Hop, operation: HopOperation): string {
  return `${operation} ${parseActorName(hop.to.name).stage}`
}

/** The attributes of a hop's span in the actor that makes it. The destination of both is the stage that receives. */
export function hopAttributes(hop: Hop, operation: HopOperation, pipeline: string | undefined): Attributes {
  const actor = operation === 'send' ? hop.from : hop.to
  const { stage: destination, index: partition } = parseActorName(hop.to.name)
  return {
    ...messageAttributes(actor, operation, destination, pipeline),
    ...(partition === undefined ? {} : { [attributeNames.partition]: String(partition) }),
    [attributeNames.functionName]: hop.functionName,
  }
}

/** The name of the span of an item that begins in an actor and goes to several readers. */
export function createSpanName(actor: ActorId): string {
  return `create ${parseActorName(actor.name).stage}`
}

export function createAttributes(actor: ActorId, pipeline: string | undefined): Attributes {
  return messageAttributes(actor, 'create', parseActorName(actor.name).stage, pipeline)
}

function messageAttributes(
  actor: ActorId,
  operation: HopOperation | 'create',
  destination: string,
  pipeline: string | undefined,
): Attributes {
  const { stage, index } = parseActorName(actor.name)
  return {
    [attributeNames.system]: 'actorflow',
    [attributeNames.operationType]: operation,
    [attributeNames.operationName]: operation,
    [attributeNames.destinationName]: destination,
    [attributeNames.clientId]: actor.id,
    ...(pipeline === undefined ? {} : { [attributeNames.pipeline]: pipeline }),
    [attributeNames.stage]: stage,
    ...(index === undefined ? {} : { [attributeNames.actorIndex]: index }),
  }
}

/** The name of the spans of a call, that of its method in full: `donny/cellarDoor`, by the actor that is called. */
export function callSpanName(call: Call): string {
  return `${parseActorName(call.to.name).stage}/${call.functionName}`
}

/** The attributes of a call's span at the end of `self`. */
export function callAttributes(call: Call, self: ActorId): Attributes {
  return {
    [attributeNames.rpcSystem]: 'actorflow',
    [attributeNames.rpcMethod]: callSpanName(call),
    [attributeNames.callKind]: call.kind,
    [attributeNames.peerId]: (call.to.id === self.id ? call.from : call.to).id,
  }
}

/** The name of the span of an activity: `run word-count`, `spawn words`. */
export function activitySpanName(activity: Activity): string {
  return activity.kind === 'pipeline'
    ? `run ${activity.name}`
    : `${activity.kind} ${parseActorName(activity.actor.name).stage}`
}

export function activityAttributes(activity: Activity): Attributes {
  if (activity.kind === 'pipeline') {
    return { [attributeNames.pipeline]: activity.name, [attributeNames.stages]: [...activity.stages] }
  }
  const actor = { [attributeNames.actorName]: activity.actor.name, [attributeNames.actorId]: activity.actor.id }
  return activity.kind === 'spawn'
    ? { ...actor, [attributeNames.spawnMethod]: activity.method }
    : { ...actor, [attributeNames.restartCount]: activity.restartCount }
}

// The root of a run has the name of its pipeline.
function serviceName({ name }: ActorId, pipeline: string | undefined): string {
  return pipeline === undefined || name === pipeline ? name : `${pipeline}.${parseActorName(name).stage}`
}

/** What identifies an actor as the origin of spans: one service for each stage, one instance for each of its actors. */
export function serviceAttributes(actor: ActorId, pipeline: string | undefined): Attributes {
  return { [attributeNames.serviceName]: serviceName(actor, pipeline), [attributeNames.serviceInstanceId]: actor.id }
}
