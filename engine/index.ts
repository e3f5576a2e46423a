export { Batch, batch, type ItemOf } from './batch.ts'
export { FlowError, type ActorId } from './errors.ts'
