{{/* When jobs run. Takes $; see _servers.tpl. */}}

{{- define "payguard.refusedJobs" -}}
{{- $prod := eq .Values.environment "prod" -}}
{{- $poll := .Values.jobs.poll -}}
{{- if and $prod (not $poll.enabled) }}
jobs.poll.enabled is false with environment prod, where a payment whose callback is lost would stay lost; set it to true.
{{- end }}
{{- if and $poll.enabled (lt (int $poll.activeDeadlineSeconds) 120) }}
jobs.poll.activeDeadlineSeconds is {{ $poll.activeDeadlineSeconds }}, and a run that starts late works until the end of the next minute; set it to 120 or more.
{{- end }}
{{- $timetable := include "payguard.timetable" . }}
{{- range $name, $job := .Values.jobs }}
{{- if not (regexMatch $timetable $job.schedule) }}
jobs.{{ $name }}.schedule {{ $job.schedule }} is no timetable of cron; write its five fields, such as */10 * * * *.
{{- else if and $prod $job.enabled (eq $name "poll") (ne $job.schedule "* * * * *") }}
jobs.poll.schedule is {{ $job.schedule }} with environment prod, where a payment whose callback is lost must be found within minutes; set it to * * * * *.
{{- end }}
{{- end }}
{{- if eq .Values.jobDefaults.timeZone "Local" }}
jobDefaults.timeZone Local is refused by Kubernetes, since each node may have its own; write it as Asia/Shanghai.
{{- end }}
{{- range $field, $zone := dict "jobDefaults.timeZone" .Values.jobDefaults.timeZone "shopTimeZone" .Values.shopTimeZone }}
{{- if include "payguard.isNoTimeZone" $zone }}
{{ $field }} {{ $zone }} is no name of a time zone; write it as Asia/Shanghai.
{{- end }}
{{- end }}
{{- end -}}

{{/* A pattern of what Kubernetes' cron takes. */}}
{{- define "payguard.timetable" -}}
{{- $fields := list
  "[0-5]?[0-9]"
  "([01]?[0-9]|2[0-3])"
  "(0?[1-9]|[12][0-9]|3[01])"
  "(0?[1-9]|1[0-2]|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
  "([0-6]|sun|mon|tue|wed|thu|fri|sat)"
-}}
{{- $patterns := list -}}
{{- range $value := $fields -}}
{{-   $item := printf "(\\*|%s(-%s)?)(/[1-9][0-9]*)?" $value $value -}}
{{-   $patterns = append $patterns (printf "%s(,%s)*" $item $item) -}}
{{- end -}}
(?i)^({{ join " +" $patterns }}|@(hourly|daily|weekly|monthly))$
{{- end -}}

{{/*
Takes a name; "true", or nothing. sprig takes a zone that it does not know for UTC. Where this machine knows no zones at all,
not even the one of China, the shape alone is looked at.
*/}}
{{- define "payguard.isNoTimeZone" -}}
{{- if not (regexMatch "^[A-Z][A-Za-z]+(/[A-Za-z0-9_+-]+)*$" .) -}}
true
{{- else if eq (dateInZone "MST" now "Asia/Shanghai") "CST" -}}
{{-   if and (eq (dateInZone "MST" now .) "UTC") (not (regexMatch "^(Etc/)?(UTC|UCT|Universal|Zulu)$|^Local$" .)) }}true{{ end -}}
{{- end -}}
{{- end -}}
