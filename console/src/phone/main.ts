/** The responder's page: phone.html, opened by a one-time link. */
import { mount } from 'svelte';
import '../ui/tokens.css';
import '../ui/base.css';
import Phone from './Phone.svelte';

const target = document.getElementById('app');
if (target) mount(Phone, { target });
