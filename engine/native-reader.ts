/**
 * Has msgpackr read by its native part where that is installed, for the codecs that there are too. It takes longer to load than an
 * actor takes to start. In the built engine, of which msgpackr is a part, `bin/native-reader.js` is in the place of this.
 */
export function readNatively(): void {
  void import('msgpackr')
}
