{#- What a comparison shows of one app: for each row that the app fills, a cell as HTML, made here as every page's is.
    compare.js puts them side by side. Links are relative to the app's folder, in which this file lies. -#}
{% import "_assurance.html" as assurance with context %}
{% import "_card.html" as list with context %}
{% set offering = card.offering %}
{% set features = compared.features | rendered %}
{% set compliance = compared.compliance | rendered %}

{% macro head() %}
{{ list.picture(offering.picture, 40, lazy=false) }}
<a href="{{ link(card.path) }}">{{ list.title(offering.name) }}</a>{{ list.state(offering) }}
{%- endmacro %}
{% macro does() %}
{{ offering.card_description }}
{%- endmacro %}
{#- Where the visitor's account is needed and not known yet, the app's page asks for it. -#}
{% macro get() %}
{% set install = card.install | address %}
{% set asks = not install or "{account}" in install %}
<a class="button second" href="{{ link(card.path) if asks else install }}"{% if install and asks %} data-address="{{ install }}"{% endif %} rel="noopener">{{ say("actions.get") }}</a>
{%- endmacro %}
{% macro groups(them) %}
{% for group in them | sort(attribute="name") %}
<a href="{{ link(group.path) }}">{{ group.name }}</a>{{ ", " if not loop.last }}
{%- endfor %}
{%- endmacro %}
{% macro day(moment) %}
{% if moment %}<time datetime="{{ moment | iso }}">{{ moment | day }}</time>{% endif %}
{%- endmacro %}
{% macro configuration() %}
{% set form = [say("compare.form")] if offering.has_ui_extension else [] %}
{% set own_page = [say("compare.own_page")] if card.configure | address else [] %}
{{ (form + own_page) | join(" · ") or say("compare.no") }}
{%- endmacro %}
{% macro promised(several, name) %}
{% for it in several %}
<div class="promise">{% if it.topic != name %}<b>{{ it.topic }}</b> {% endif %}{{ assurance.declared(it) }}</div>
{% endfor %}
{%- endmacro %}
{% macro said(answer) %}
{% for it in answer.quotes[:2] %}
<p><q>{{ it.words }}</q></p>
{% endfor %}
{% if answer.quotes | length > 2 %}
<p><a href="{{ link(card.path) }}#topic-{{ answer.topic.key }}">{{ say("compare.more", count=answer.quotes | length - 2) }}</a></p>
{% endif %}
{%- endmacro %}
{% macro text(html) %}
{% if html %}<div class="prose" dir="auto">{{ html }}</div>{% endif %}
{%- endmacro %}
{% macro whole() %}
<a href="{{ link(card.path) }}#compliance">{{ say("texts.compliance") }}</a>
{%- endmacro %}

appshelf.compared({{ card.slug | tojson }}, {
  name: {{ offering.name | tojson }},
  head: {{ head() | tojson }},
  get: {{ get() | tojson }},
  near: [{% for it in related.cards %}[{{ it.slug | tojson }}, {{ it.offering.name | tojson }}], {% endfor %}],
  cells: {
    "does": {{ does() | tojson }},
    "publisher": {{ groups([card.publisher]) | tojson }},
    "categories": {{ groups(card.categories) | tojson }},
    "updated": {{ day(offering.updated_at) | tojson }},
    "created": {{ day(offering.created_at) | tojson }},
    "configuration": {{ configuration() | tojson }},
    "person": {{ say("compare.yes" if offering.requires_enabled_oauth_person else "compare.no") | tojson }},
    "signing": {{ (say("signing." ~ offering.policy_jwt_alg) if offering.policy_jwt_alg else "") | tojson }},
    "state": {{ (say("compare.draft") if offering.draft else "") | tojson }},
    {% for column, several in compared.declared.items() %}
    {{ ("declared " ~ column.key) | tojson }}: {{ promised(several, column.name) | tojson }},
    {% endfor %}
    {% for answer in compliance.passages | answers(site.topics) %}
    {{ ("said " ~ answer.topic.key) | tojson }}: {{ said(answer) | tojson }},
    {% endfor %}
    {% if compared.compliance.text.strip() %}
    "compliance": {{ whole() | tojson }},
    {% endif %}
    "features": {{ text(features.html) | tojson }},
  },
});
