import { type ActorId, FlowError, type NotExposedError, type RemoteActorError } from '../../engine/index.ts'
import { exitCodes } from './exit-code.ts'

/** Why another actor, or the registry, did not do what was asked, for a reader at a shell. */
export function describeRefusal(error: FlowError): string {
  if (isRemote(error)) return describeRemote(error)
  if (isNotExposed(error)) return describeNotExposed(error)
  return error.message
}

/** The exit code of that: a command line that is wrong, or something that may go well another time. */
export function refusalExitCode({ code, cause }: FlowError): number {
  // What the system says has a code: a port that is in use, a host that is not known now.
  const isSystems = cause instanceof Error && 'syscall' in cause
  return code === 'FLOW_USAGE' && !isSystems ? exitCodes.wrong : exitCodes.failed
}

function describeRemote({ actor, remoteName, message, relayPath }: RemoteActorError): string {
  const by = relayPath.length === 0 ? '' : `, passed on by ${relayPath.map(describeActor).join(', ')}`
  const what = remoteName === 'NonError' ? 'a value that is no error' : remoteName
  return `${describeActor(actor)} threw ${what}: ${message}${by}`
}

function describeNotExposed({ functionName, actor, message }: NotExposedError): string {
  if (/'registry\./.test(message)) {
    return `${describeActor(actor)} holds no registry: name the address of the program's root, or of a Redis`
  }
  // What the portal calls its two methods are commands here.
  const hint = /use (portal\.\w+)(?: or (portal\.stream))?/.exec(message)
  if (hint === null) return message
  const command = hint[1] === 'portal.run' ? 'flow call' : 'flow stream'
  return `${message.slice(0, hint.index)}use ${command} for '${functionName}'`
}

function describeActor({ name, id }: ActorId): string {
  return `${name} (${id})`
}

/** Known by their fields, so that an error of any copy of the package will do. */
function isRemote(error: FlowError): error is RemoteActorError {
  return error.code === 'FLOW_REMOTE'
}

function isNotExposed(error: FlowError): error is NotExposedError {
  return error.code === 'FLOW_NOT_EXPOSED'
}
