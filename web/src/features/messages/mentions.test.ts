import { describe, expect, test } from 'vitest'
import { insertMention, mentionQuery, segmentsOf, stillMentioned } from './mentions'

describe('typing an @', () => {
  test.each([
    ['@', 1, { start: 0, text: '' }],
    ['请 @陈海', 5, { start: 2, text: '陈海' }],
    ['请@陈', 3, { start: 1, text: '陈' }],
    ['mail a@b.cn', 11, null],
    ['@陈海波 好', 6, null],
    ['没有', 2, null],
    ['@陈海波', 2, { start: 0, text: '陈' }],
  ])('"%s" at %i', (text, caret, query) => expect(mentionQuery(text, caret)).toEqual(query))

  test('puts the name in place of what was typed, and the caret behind it', () => {
    expect(insertMention('请@陈 速报', { start: 1, text: '陈' }, '陈海波')).toEqual({
      text: '请@陈海波  速报',
      caret: 6,
    })
  })

  test('whoever was deleted from the text again is not mentioned', () => {
    const [chen, lin] = [
      { id: '1', name: '陈海波' },
      { id: '2', name: '林晓燕' },
    ]
    expect(stillMentioned('@陈海波 @陈海波 好', [chen, lin, chen])).toEqual([chen])
  })
})

describe('the text of a message', () => {
  const mentions = {
    all: false,
    people: [
      { id: '1', name: '王芳' },
      { id: 'me', name: '王芳华' },
    ],
    audience: null,
  }

  test('shows whom it calls, oneself apart, and the longest name wins', () => {
    expect(segmentsOf('@王芳华 @王芳 好', mentions, 'me', [])).toEqual([
      { text: '@王芳华', kind: 'me' },
      { text: ' ', kind: 'text' },
      { text: '@王芳', kind: 'mention' },
      { text: ' 好', kind: 'text' },
    ])
  })

  test('shows a part of the organisation by the words that describe it', () => {
    const audience = { unit_id: '11', levels: [4 as const], line: 'flood', role: null, text: '台州市以下 乡镇 防汛条线' }
    expect(segmentsOf('@台州市以下 乡镇 防汛条线 速报', { all: false, people: [], audience }, 'x', [])).toEqual([
      { text: '@台州市以下 乡镇 防汛条线', kind: 'mention' },
      { text: ' 速报', kind: 'text' },
    ])
  })

  test('calls all in either language, and only when all were called', () => {
    const words = ['所有人', 'all']
    expect(segmentsOf('@所有人', { ...mentions, all: true }, 'x', words)[0]?.kind).toBe('me')
    expect(segmentsOf('@所有人', null, 'x', words)).toEqual([{ text: '@所有人', kind: 'text' }])
  })

  test('ends an address where the Chinese sentence goes on', () => {
    expect(segmentsOf('见 https://a.cn/b?c=1，速看', null, null, [])).toEqual([
      { text: '见 ', kind: 'text' },
      { text: 'https://a.cn/b?c=1', kind: 'link' },
      { text: '，速看', kind: 'text' },
    ])
  })

  test('never makes a link of a script', () => {
    expect(segmentsOf('javascript:alert(1)', null, null, [])).toEqual([
      { text: 'javascript:alert(1)', kind: 'text' },
    ])
  })
})
