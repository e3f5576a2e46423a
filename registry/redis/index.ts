export { openRegistry } from './redis-registry.ts'
