import { expect, test } from 'vitest'
import en from '@/locales/en'
import zh from '@/locales/zh'
import schema from '../../../../../zzd/miniapps/manifest-2.json'

test('whoever consents to a scope reads its name in their own language', () => {
  const scopes = schema.$defs.scope.properties.name.enum.map((scope) => scope.replaceAll('.', '_'))
  for (const { workbench } of [zh, en]) expect(Object.keys(workbench.scopeNames).sort()).toEqual(scopes.sort())
})
