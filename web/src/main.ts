import 'element-plus/es/components/base/style/css'
import './styles/tokens.css'
import './styles/base.css'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import { keepShell } from './features/install/shell'
import { askBeforeUnload } from './lib/unsaved'
import { i18n } from './locales'

createApp(App).use(createPinia()).use(i18n).mount('#app')
askBeforeUnload(window)
void keepShell()
