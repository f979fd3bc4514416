import { createApp } from 'vue';
import 'voice-agent-element/define';
import App from './App.vue';

createApp(App).mount('#app');
