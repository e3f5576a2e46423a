import { Packr } from 'msgpackr'

/**
 * As msgpackr is fastest where each message must be readable by itself: both ends know all records beforehand. It cannot
 * be `sequential`, as these libraries have more than one stream on a connection.
 */
export const packr = new Packr({
  structures: [
    ['id', 'value', 'ts'],
    ['id', 'bytes'],
    ['count', 'size'],
  ],
})
