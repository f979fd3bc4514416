import '../guards/guard-call.js';
