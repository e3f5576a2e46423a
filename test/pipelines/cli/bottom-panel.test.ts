import { describe, expect, it } from 'vitest'
import { createBottomPanel } from '../../../pipelines/cli/bottom-panel.ts'
import { createScreen } from './screen.ts'

describe('The bottom panel', () => {
  it('stays at the bottom while data scrolls above it, and loses none of that', () => {
    const screen = createScreen(8, 20)
    const panel = createBottomPanel(screen)
    screen.write('$ flow run\n')
    panel.draw(['first', 'second'])
    for (let n = 1; n <= 10; n++) {
      screen.write(`data ${n}\n`)
      panel.draw([`first ${n}`, `second ${n}`])
    }
    expect(screen.lines().slice(-3)).toEqual(['', 'first 10', 'second 10'])
    panel.release()
    screen.write('end\n')
    const data = Array.from({ length: 10 }, (_, index) => `data ${index + 1}`)
    expect(screen.text().split('\n')).toEqual(['$ flow run', ...data, 'end'])
  })

  it('makes room for itself when the cursor is in the last line', () => {
    const screen = createScreen(5, 20)
    const panel = createBottomPanel(screen)
    screen.write('1\n2\n3\n4\n5')
    panel.draw(['a', 'b'])
    expect(screen.lines()).toEqual(['3', '4', '5', 'a', 'b'])
    expect(screen.cursor()).toEqual({ line: 2, column: 1 })
  })

  it('leaves a half line of data as it is', () => {
    const screen = createScreen(6, 20)
    const panel = createBottomPanel(screen)
    screen.write('half ')
    panel.draw(['a'])
    screen.write('and half')
    panel.draw(['b'])
    panel.release()
    screen.write('\nend')
    expect(screen.text()).toBe('half and half\nend')
  })

  it('overwrites longer lines whole', () => {
    const screen = createScreen(5, 20)
    const panel = createBottomPanel(screen)
    panel.draw(['a long line'])
    panel.draw(['short'])
    expect(screen.lines().at(-1)).toBe('short')
  })

  it('takes another height when there are more or fewer lines', () => {
    const screen = createScreen(8, 20)
    const panel = createBottomPanel(screen)
    screen.write('data\n')
    panel.draw(['a', 'b', 'c'])
    panel.draw(['d'])
    expect(screen.text()).toBe('data\n\n\n\n\n\n\nd')
    panel.draw([])
    expect(screen.text()).toBe('data')
  })

  it('is not drawn where the terminal has no room left for data', () => {
    const screen = createScreen(3, 20)
    createBottomPanel(screen).draw(['a', 'b'])
    expect(screen.text()).toBe('')
  })

  it('is drawn anew when the terminal has another size', () => {
    const screen = createScreen(8, 20)
    const panel = createBottomPanel(screen)
    screen.write('data\n')
    panel.draw(['a', 'b'])
    screen.rows = 6
    panel.resized()
    panel.draw(['c', 'd'])
    expect(screen.lines()).toEqual(['data', '', '', '', 'c', 'd', '', ''])
  })

  it('writes nothing when it is released twice', () => {
    const screen = createScreen(8, 20)
    const panel = createBottomPanel(screen)
    panel.draw(['a'])
    panel.release()
    screen.write = () => expect.unreachable()
    panel.release()
  })
})
