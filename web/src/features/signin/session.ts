import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { identity } from '@/api'
import { setCsrfToken, whenCsrfStale } from '@/api/client'
import type { Principal } from '@/api/types'
import { hasSignedIn, noteSignedIn } from './signedIn'

export const useSession = defineStore('session', () => {
  const me = shallowRef<Principal | null>(null)

  const officialId = computed(() => me.value?.official?.id ?? null)
  /** Must turn on a second factor before anything else. */
  const lacksSecondFactor = computed(() => !!me.value?.second_factor.required && !me.value.second_factor.on)
  const displayName = computed(() => me.value?.official?.name ?? me.value?.account.username ?? '')

  function adopt(principal: Principal): void {
    if (principal.csrf_token) setCsrfToken(principal.csrf_token)
    me.value = principal
    noteSignedIn(principal.account.id)
  }

  async function load(): Promise<void> {
    adopt(await identity.me())
  }

  /** Who a former visit left signed in here, if anybody; a browser that nobody signed in with need not ask. */
  async function resume(): Promise<void> {
    if (hasSignedIn()) await load()
  }

  whenCsrfStale(load)

  async function signIn(username: string, password: string, code?: string): Promise<void> {
    const answer = await identity.signIn(username, password, code)
    setCsrfToken(answer.csrf_token)
    await load()
  }

  function forget(): void {
    setCsrfToken(null)
    noteSignedIn(null)
    me.value = null
  }

  async function signOut(everywhere: boolean): Promise<void> {
    await (everywhere ? identity.signOutEverywhere() : identity.signOut())
    forget()
  }

  async function actAs(postId: string): Promise<void> {
    adopt(await identity.actAs(postId))
  }

  return { me, officialId, displayName, lacksSecondFactor, load, resume, signIn, signOut, forget, actAs }
})
