{{/* A pod of `helm test`: "test" is its name, the rest as for payguard.container. It stays until the next test, with its log. */}}
{{- define "payguard.testPod" -}}
{{- $pod := merge (dict "component" "test" "name" .test "resources" .root.Values.migrate.resources) . -}}
apiVersion: v1
kind: Pod
metadata:
  name: {{ include "payguard.componentName" $pod }}-{{ .test }}
  labels:
    {{- include "payguard.labels" $pod | nindent 4 }}
  annotations:
    helm.sh/hook: test
    helm.sh/hook-delete-policy: before-hook-creation
spec:
  restartPolicy: Never
  activeDeadlineSeconds: 180
  {{- include "payguard.podDefaults" $pod | nindent 2 }}
  containers:
    - {{ include "payguard.container" $pod | indent 6 | trim }}
  {{- with include "payguard.volumes" $pod }}
  {{- . | nindent 2 }}
  {{- end }}
{{- end -}}
