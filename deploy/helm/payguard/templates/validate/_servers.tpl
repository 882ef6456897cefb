{{/* Each prints a sentence for whatever does not go together: what is wrong, which field, what to do. Takes $. */}}

{{- define "payguard.refusedDevelopment" -}}
{{- $inClusterOnly := dict
  "simulator.enabled" .Values.simulator.enabled
  "receivers.enabled" .Values.receivers.enabled
  "kafka.embedded.enabled" .Values.kafka.embedded.enabled
  "database.embedded.enabled" .Values.database.embedded.enabled
  "networkPolicy.developmentClients" .Values.networkPolicy.developmentClients
-}}
{{- if ne .Values.environment "dev" }}
{{- range $field, $value := $inClusterOnly }}
{{- if $value }}
{{ $field }} is for development, and environment is {{ $.Values.environment }}; turn it off, or set environment to dev.
{{- end }}
{{- end }}
{{- end }}
{{- if and .Values.simulator.enabled .Values.wechatpay.apiUrls }}
wechatpay.apiUrls names other servers while simulator.enabled makes WeChat Pay in the cluster; leave one of them out.
{{- end }}
{{- if not .Values.simulator.enabled }}
{{- range $i, $url := .Values.wechatpay.apiUrls }}
{{- if not (regexMatch "^https://[A-Za-z0-9.-]+(:[0-9]+)?$" $url) }}
wechatpay.apiUrls[{{ $i }}] {{ $url }} is no https address without a path; write it as https://api.mch.weixin.qq.com.
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "payguard.refusedKafka" -}}
{{- $kafka := .Values.kafka -}}
{{- $prod := eq .Values.environment "prod" -}}
{{- if $kafka.embedded.enabled }}
{{- if $kafka.brokers }}
kafka.brokers names other servers while kafka.embedded.enabled makes one in the cluster; leave one of them out.
{{- end }}
{{- else }}
{{- if not $kafka.brokers }}
kafka.brokers is empty; name the brokers, each as host:port.
{{- end }}
{{- range $i, $broker := $kafka.brokers }}
{{- if not (regexMatch "^[A-Za-z0-9.-]+:[0-9]{1,5}$" $broker) }}
kafka.brokers[{{ $i }}] {{ $broker }} is no address of a broker; write it as host:port, such as kafka-0.example.com:9093.
{{- end }}
{{- end }}
{{- if and $kafka.sasl.mechanism (not $kafka.sasl.existingSecret) }}
kafka.sasl.existingSecret is empty while kafka.sasl.mechanism is {{ $kafka.sasl.mechanism }}; name the Secret with the key <part>-password of each part.
{{- end }}
{{- if and $prod (not $kafka.tls) }}
kafka.tls is false with environment prod, where payments and passwords would cross the network in the clear; set it to true.
{{- end }}
{{- if and (eq $kafka.sasl.mechanism "plain") (not $kafka.tls) (not $prod) }}
kafka.sasl.mechanism plain without kafka.tls sends passwords in the clear; set kafka.tls to true, or use scram-sha-512.
{{- end }}
{{- include "payguard.refusedKafkaUsers" . }}
{{- include "payguard.refusedTopics" . }}
{{- end }}
{{- end -}}

{{- define "payguard.refusedKafkaUsers" -}}
{{- $kafka := .Values.kafka -}}
{{- $prod := eq .Values.environment "prod" -}}
{{- if and $prod (not $kafka.sasl.mechanism) }}
kafka.sasl.mechanism is empty with environment prod, where whoever reaches a broker could say that an order is paid; set it to scram-sha-512.
{{- end }}
{{- if and (include "payguard.writesAcls" .) (lt (values $kafka.sasl.users | uniq | len) (len $kafka.sasl.users)) }}
kafka.sasl.users gives two parts one user, who would get the rights of both; give each its own.
{{- end }}
{{- end -}}

{{- define "payguard.refusedTopics" -}}
{{- $topics := .Values.kafka.topics -}}
{{- $copies := int $topics.replicationFactor -}}
{{- $inSync := int $topics.minInsyncReplicas -}}
{{- $prod := eq .Values.environment "prod" -}}
{{- if and $prod (lt $copies 3) }}
kafka.topics.replicationFactor is {{ $copies }} with environment prod, where a lost broker must not lose payments; set it to 3 or more.
{{- else if and $prod (lt $inSync 2) }}
kafka.topics.minInsyncReplicas is {{ $inSync }} with environment prod: WeChat Pay would be told of success while one broker alone has the payment; set it to 2 or more.
{{- else if gt $inSync $copies }}
kafka.topics.minInsyncReplicas {{ $inSync }} is more than replicationFactor {{ $copies }}, so that nothing could ever be written; set it below.
{{- else if and $prod (eq $inSync $copies) }}
kafka.topics.minInsyncReplicas {{ $inSync }} is all of replicationFactor {{ $copies }}, so that nothing is written while one broker is away; set it below.
{{- end }}
{{- end -}}

{{- define "payguard.refusedDatabase" -}}
{{- $database := .Values.database -}}
{{- if $database.embedded.enabled }}
{{- if $database.host }}
database.host names another server while database.embedded.enabled makes one in the cluster; leave one of them out.
{{- end }}
{{- else }}
{{- if not $database.host }}
database.host is empty; give the name of the server of MariaDB or MySQL.
{{- else if not (regexMatch "^[A-Za-z0-9.-]+$" $database.host) }}
database.host {{ $database.host }} is no host name; write the name alone, and its port as database.port.
{{- end }}
{{- if not $database.existingSecret }}
database.existingSecret is empty; name the Secret with the key <part>-password of each part.
{{- end }}
{{- if and (eq .Values.environment "prod") (not $database.tls) }}
database.tls is false with environment prod, where balances and passwords would cross the network in the clear; set it to true.
{{- end }}
{{- end }}
{{- if and $database.grants.enabled (lt (values $database.users | uniq | len) (len $database.users)) }}
database.users gives two parts one user, who would get the rights of both; give each its own, or turn database.grants.enabled off.
{{- end }}
{{- $legacy := .Values.migrate.legacy }}
{{- if ne (empty $legacy.mchid) (empty $legacy.appid) }}
migrate.legacy has one of mchid and appid; old orders need both, or none of them.
{{- end }}
{{- if not (kindIs "string" $legacy.mchid) }}
migrate.legacy.mchid is a number; put it in quotation marks.
{{- end }}
{{- end -}}
