{{/*
(dict "root" $ "component" "kafka" "port" 9092): the name of a server with one pod. Headless: the pod's own address, with
nothing in between that could forget it; published before the pod is ready, so that callers are refused at once and find no
gap in the DNS.
*/}}
{{- define "payguard.embeddedService" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "payguard.componentName" . }}
  labels:
    {{- include "payguard.labels" . | nindent 4 }}
spec:
  type: ClusterIP
  clusterIP: None
  publishNotReadyAddresses: true
  selector:
    {{- include "payguard.selectorLabels" . | nindent 4 }}
  ports:
    - { name: {{ .component }}, port: {{ .port }}, targetPort: {{ .component }} }
{{- end -}}

{{/* (dict "component" "kafka" "root" $ "settings" .Values.kafka.embedded): what keeps its data over a pod's end. */}}
{{- define "payguard.embeddedVolumeClaim" -}}
metadata:
  name: data
  # A claim of a StatefulSet cannot change: nothing here follows the release.
  labels:
    {{- include "payguard.selectorLabels" . | nindent 4 }}
spec:
  accessModes: [ReadWriteOnce]
  {{- with .settings.storageClassName }}
  storageClassName: {{ . | quote }}
  {{- end }}
  resources:
    requests:
      storage: {{ .settings.storage | quote }}
{{- end -}}

{{/* Does the server listen? A connection says so without a password, and a stuck server takes none. */}}
{{- define "payguard.embeddedProbes" -}}
# Two minutes: after kill -9 a server first reads its logs.
startupProbe:
  tcpSocket: { port: {{ .component }} }
  periodSeconds: 1
  timeoutSeconds: 2
  failureThreshold: 120
readinessProbe:
  tcpSocket: { port: {{ .component }} }
  periodSeconds: 3
  timeoutSeconds: 2
livenessProbe:
  tcpSocket: { port: {{ .component }} }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
{{- end -}}
