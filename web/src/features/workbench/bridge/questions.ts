import { shallowRef } from 'vue'
import type { Official, Unit } from '@/api/types'
import { BridgeFault } from './rules'

/** What an app asks its official, one thing at a time. The app's own words are shown as quoted text. */
export type Question =
  | { kind: 'officials'; title: string; most: number }
  | { kind: 'units'; title: string; most: number }
  | { kind: 'group'; name: string; people: Official[] }
  | { kind: 'permission'; name: 'location' | 'camera' }
  | { kind: 'file'; accept: string }
  | { kind: 'scan' }

export interface Open {
  question: Question
  answer: (value: unknown) => void
  decline: () => void
}

export interface Answers {
  officials: Official[]
  units: Unit[]
  group: true
  permission: true
  file: File
  scan: { text: string; format: string }
}

export function useQuestions() {
  const open = shallowRef<Open | null>(null)

  /** The answer, or BridgeFault: `declined`, and `busy` while another question is open. */
  function ask<Kind extends Question['kind']>(question: Extract<Question, { kind: Kind }>): Promise<Answers[Kind]> {
    if (open.value) return Promise.reject(new BridgeFault('busy'))
    return new Promise((resolve, reject) => {
      const close = () => {
        open.value = null
      }
      open.value = {
        question,
        answer(value) {
          close()
          resolve(value as Answers[Kind])
        },
        decline() {
          close()
          reject(new BridgeFault('declined'))
        },
      }
    })
  }

  return { open, ask }
}

export type Ask = ReturnType<typeof useQuestions>['ask']
