export { Batch, batch, type ItemOf } from './engine/index.ts'
