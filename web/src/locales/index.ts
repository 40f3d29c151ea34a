import { computed, type ComputedRef } from 'vue'
import { createI18n } from 'vue-i18n'
import type { Language as ElementLanguage } from 'element-plus/es/locale'
import elementEn from 'element-plus/es/locale/lang/en'
import elementZh from 'element-plus/es/locale/lang/zh-cn'
import en from './en'
import zh from './zh'

export type Language = 'zh' | 'en'
const STORED = 'zzd.language'

function initialLanguage(): Language {
  return localStorage.getItem(STORED) === 'en' ? 'en' : 'zh'
}

export const i18n = createI18n({
  legacy: false,
  locale: initialLanguage(),
  fallbackLocale: 'zh',
  messages: { zh, en },
})

/** What mentions all is written in the language of the sender, which need not be the reader's. */
export const everybodyWords = [zh.chat.everybody, en.chat.everybody]

export const elementLocale: ComputedRef<ElementLanguage> = computed(() =>
  i18n.global.locale.value === 'en' ? elementEn : elementZh,
)

function markDocument(language: Language): void {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
}

export function setLanguage(language: Language): void {
  i18n.global.locale.value = language
  localStorage.setItem(STORED, language)
  markDocument(language)
}

markDocument(initialLanguage())
