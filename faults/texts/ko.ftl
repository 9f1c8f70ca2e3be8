# 한국어. 따옴표 안의 말은 그대로 입력하거나 찾습니다. 변수 뒤에는 조사 대신 명사를 둡니다.

fault-5 = 스캔 서비스 사용자를 사용할 수 없음
    .cause = 파일을 스캔하는 계정이 없거나 필요한 대로 설정되어 있지 않습니다. 또는 { $directory } 디렉터리나 그 아래 디렉터리 중 하나가 더 이상 root 소유에 모드 0755인 상태가 아닙니다.
    .impact = 파일 스캔은 계속되지만 권한이 제한된 { $user } 사용자 대신 root가 실행합니다. 파일을 해석하는 코드에 결함이 있으면 root 권한이 악용될 수 있습니다.
    .resolution-repair = "{ $program } repair" 명령을 실행합니다. { $user } 사용자와 같은 이름의 그룹을 만들거나, 그 설정을 바로잡습니다.
    .resolution-login-defs = /etc/login.defs의 USERGROUPS_ENAB 값이 yes가 아니고 이 파일을 변경할 수 없으면, { $program }이 먼저 "useradd --user-group" 명령을 시도합니다. 그것도 실패하면 파일에 쓸 수 있게 만든 다음(lsattr와 mount로 확인) "{ $program } repair" 명령을 다시 실행합니다. 이 설정은 복구 후 원래 값으로 돌아갑니다.
    .resolution-directories = { $directory } 디렉터리와 그 하위 디렉터리를 root 소유, 모드 0755로 되돌리고, 이를 변경한 프로그램을 중지합니다.
    .resolution-restart = 커넥터를 다시 시작하여 상태를 다시 확인하게 합니다.

fault-6 = 스캔 서비스가 자주 다시 시작됨
    .cause = 파일을 스캔하는 프로세스가 거듭 실패하여 커넥터가 복구를 위해 스스로 다시 시작했습니다.
    .impact = 스캔은 가능한 범위에서 계속되지만 일부 파일은 스캔되지 않을 수 있습니다.
    .resolution-wait = 기다립니다. 다시 시작한 뒤 실패 없이 10분이 지나면 이 결함은 저절로 해제됩니다.
    .resolution-files = 해제되지 않으면 어떤 파일 때문에 스캐너가 비정상 종료되는지 로그에서 찾아 그 파일을 제거하거나 스캔 대상에서 제외합니다.

fault-7 = 스캔 서비스를 시작하지 못함
    .cause = 파일을 스캔하는 프로세스를 시작할 수 없습니다. 커넥터가 스스로 다시 시작해도 마찬가지이거나, 시작에 필요한 조건을 이 호스트가 갖추지 못했습니다.
    .impact = 파일을 전혀 스캔하지 않습니다.
    .resolution-restart = 커넥터를 다시 시작합니다. 커넥터는 시작하면서 잘못된 바이러스 정의 파일{ $definitions ->
        [none] {""}
       *[other] ({ $definitions })
    }을 제거합니다.
    .resolution-definitions = 정의 파일을 업데이트할 때마다 결함이 다시 발생하면 커넥터의 무결성 검사가 잘못된 { $definitions ->
        [none] 파일
       *[other] { $definitions } 파일
    }을 놓치고 있는 것입니다. 로그를 보관하고 공급업체의 기술 지원에 문의합니다.
    .resolution-memory = "free -m" 명령으로 사용 가능한 메모리를 확인합니다. 메모리가 부족하면 스캐너를 시작할 수 없습니다. Linux에 필요한 용량은 커넥터 설명서에 나와 있습니다. 다른 프로그램을 중지하거나 메모리를 늘립니다.

fault-8 = 실시간 파일 시스템 모니터를 시작하지 못함
    .cause = { $filesystem-module ->
        [none] 파일 시스템을 감시하는 eBPF 프로그램을 커널이 막고 있습니다.
       *[other] 파일 시스템을 감시하는 { $filesystem-module } 커널 모듈을 로드하지 못했거나, 최신 커널에서 감시에 쓰는 eBPF 프로그램을 커널이 막고 있습니다.
    }{ $filesystem-option ->
        [none] {""}
       *[other] {" "}커넥터 정책에 "{ $filesystem-option }" 옵션이 켜져 있을 때만 필요합니다.
    }
    .impact = 파일 시스템 활동을 모니터링하지 않습니다.
    .resolution-secure-boot = 펌웨어 설정에서 UEFI 보안 부팅(Secure Boot)을 끕니다. 현재 상태는 "mokutil --sb-state" 명령으로 확인합니다.
    .resolution-conflict = 이미 꺼져 있으면 커널이 모듈을 거부한 이유를 /var/log/messages에서 확인합니다. { $filesystem-module ->
        [none] 그 모듈이
       *[other] { $filesystem-module } 모듈이
    } 커널이나 타사 모듈과 충돌할 수 있습니다.
    .resolution-kernel = 커넥터가 실행 중인 커널({ $kernel })을 지원하지 않으면 지원되는 커널로 부팅합니다.{ $filesystem-module ->
        [none] {""}
       *[other] {" "}커넥터 버전이 지원하면 이 커널에 맞는 { $filesystem-module } 모듈을 직접 빌드할 수도 있습니다.
    }
    .resolution-lockdown = 커널이 잠금(lockdown) 상태이면("cat /sys/kernel/security/lockdown" 명령에 [confidentiality]가 표시됨) 커널 명령줄의 "lockdown=confidentiality"를 "lockdown=integrity"로 바꾸고 다시 부팅합니다.
    .resolution-load-lock = 로드 잠금이 원인이면 "{ $program } load-lock status" 명령으로 잠긴 이유를 확인합니다. 그 원인을 해결한 다음 "{ $program } load-lock reset" 명령을 실행합니다. 커넥터를 업그레이드하거나 다시 설치해도 잠금이 풀립니다.

fault-9 = 실시간 네트워크 모니터를 시작하지 못함
    .cause = { $network-module ->
        [none] 네트워크를 감시하는 eBPF 프로그램을 커널이 막고 있습니다.
       *[other] 네트워크를 감시하는 { $network-module } 커널 모듈을 로드하지 못했거나, 최신 커널에서 감시에 쓰는 eBPF 프로그램을 커널이 막고 있습니다.
    }{ $network-option ->
        [none] {""}
       *[other] {" "}커넥터 정책에 "{ $network-option }" 옵션이 켜져 있을 때만 필요합니다.
    }
    .impact = 네트워크 활동을 모니터링하지 않습니다.
    .resolution-secure-boot = 펌웨어 설정에서 UEFI 보안 부팅(Secure Boot)을 끕니다. 현재 상태는 "mokutil --sb-state" 명령으로 확인합니다.
    .resolution-conflict = 이미 꺼져 있으면 커널이 모듈을 거부한 이유를 /var/log/messages에서 확인합니다. { $network-module ->
        [none] 그 모듈이
       *[other] { $network-module } 모듈이
    } 커널이나 타사 모듈과 충돌할 수 있습니다.
    .resolution-kernel = 커넥터가 실행 중인 커널({ $kernel })을 지원하지 않으면 지원되는 커널로 부팅합니다.{ $network-module ->
        [none] {""}
       *[other] {" "}커넥터 버전이 지원하면 이 커널에 맞는 { $network-module } 모듈을 직접 빌드할 수도 있습니다.
    }
    .resolution-lockdown = 커널이 잠금(lockdown) 상태이면("cat /sys/kernel/security/lockdown" 명령에 [confidentiality]가 표시됨) 커널 명령줄의 "lockdown=confidentiality"를 "lockdown=integrity"로 바꾸고 다시 부팅합니다.
    .resolution-load-lock = 로드 잠금이 원인이면 "{ $program } load-lock status" 명령으로 잠긴 이유를 확인합니다. 그 원인을 해결한 다음 "{ $program } load-lock reset" 명령을 실행합니다. 커넥터를 업그레이드하거나 다시 설치해도 잠금이 풀립니다.

fault-11 = 필요한 커널 개발 패키지가 없음
    .cause = 실행 중인 커널({ $kernel })에 타입 정보(BTF)가 없고 이 커널과 정확히 일치하는 헤더도 설치되어 있지 않아 eBPF 프로그램을 빌드할 수 없습니다.
    .impact = 파일 및 네트워크 활동을 일부만 모니터링합니다.
    .resolution-kernel = CONFIG_DEBUG_INFO_BTF 옵션으로 빌드된 커널로 업데이트하고 그 커널로 부팅합니다. 이것이 근본적인 해결 방법입니다.
    .resolution-headers = 그렇게 할 수 없으면 실행 중인 커널과 정확히 일치하는 헤더 패키지({ $package })를 설치합니다:
        { $install-headers }
    .resolution-archive = 패키지 저장소에 그 버전이 더 이상 없으면 배포판의 아카이브에서 받거나 커널과 헤더를 함께 업데이트합니다.
    .resolution-restart = 1분을 기다려도 결함이 남아 있으면 커넥터를 다시 시작합니다.

fault-16 = 호환되지 않는 커널
    .cause = 이 버전의 커넥터가 실행 중인 커널({ $kernel })을 지원하지 않거나 이 커널이 eBPF 프로그램에 필요한 옵션 없이 빌드되었{ $filesystem-option ->
        [none] 습니다.
       *[other] 는데, 커넥터 정책에는 "{ $filesystem-option }" 또는 "{ $network-option }" 옵션이 켜져 있습니다.
    }
    .impact = 파일 및 네트워크 활동을 정책에서 요구하는 대로 모니터링하지 못합니다.
    .resolution-kernel = 커넥터가 지원하는 이전 커널로 부팅합니다.
    .resolution-connector = 또는 { $kernel } 커널을 지원하는 버전으로 커넥터를 업그레이드합니다. 지원되는 커널은 커넥터의 Linux 시스템 요구 사항에 나와 있습니다.
    .resolution-option = 커널 옵션이 원인이면 배포판이 제공하는 커널로 부팅하거나, 그 옵션을 켜서 커널을 다시 빌드합니다.

fault-18 = 커넥터 이벤트 모니터링 과부하
    .cause = 호스트에서 커넥터가 감시할 수 있는 것보다 많은 이벤트가 발생하고 있습니다. "주요" 등급에서는 부하가 줄어들 때까지 감시하는 이벤트 종류를 줄입니다. "심각" 등급은 부하가 그보다 더 크다는 뜻입니다.
    .impact = 보호가 가장 중요한 이벤트로 제한됩니다.
    .resolution-exclusion = 활동이 매우 많은 프로그램을 찾습니다("top" 명령 등). 해롭지 않고 신뢰할 수 있는 프로그램이면 정책의 프로세스 제외 세트에 추가합니다. 이것만으로 결함이 해제되기도 합니다.
    .resolution-investigate = 해롭지 않은 프로그램으로 부하가 설명되지 않으면 악성 프로세스가 있는지 조사합니다.
    .resolution-wait = 부하가 잠깐 높아진 것이라면 조치할 필요가 없습니다. 부하가 줄어들면 결함은 저절로 해제됩니다.
    .resolution-provision = 해롭지 않은 프로그램도 악성 프로세스도 원인이 아닌데 결함이 자주 발생하면 더 큰 시스템으로 작업을 옮깁니다.

fault-19 = SELinux 정책이 없거나 비활성화됨
    .cause = SELinux가 enforcing 모드인데, 커넥터에 필요한 { $class } 클래스의 권한({ $permissions }) 중 일부 또는 전부를 정책이 { $domain } 도메인에 허용하지 않습니다.
    .impact = 커넥터가 호스트의 활동을 모니터링할 수 없습니다.
    .resolution-tools = 정책 모듈을 추가하는 도구가 들어 있는 { $tools } 패키지를 설치합니다:
        { $install-tools }
    .resolution-repair = "{ $program } repair" 명령을 실행합니다. { $module } 모듈을 설치하거나 다시 켜고, 그것으로 충분한지 커널에 물어 확인합니다.
    .resolution-by-hand = 또는 직접 관리하는 정책에 다음 규칙을 추가합니다:
        allow { $domain } self:{ $class } {"{"} { $permissions } {"}"};
    .resolution-restart = 커넥터를 다시 시작하여 프로그램을 로드하게 합니다.

reason-tools-missing = 필요한 도구가 설치되어 있지 않음
reason-class-missing = 정책에 BPF용 객체 클래스 또는 그 권한 중 하나가 없음
reason-type-missing = 정책에 커넥터의 도메인이 없음
reason-policy-version = 정책 도구와 정책의 형식 버전이 서로 맞지 않음
reason-store-locked = 다른 프로그램이 정책 저장소를 잠그고 있음
reason-store-broken = 정책 저장소가 손상됨
reason-store-read-only = 정책 저장소에 쓸 수 없음
reason-module-disabled = 정책 모듈이 꺼져 있음
reason-module-missing = 정책 모듈이 설치되어 있지 않음
reason-neverallow = 정책이 이 규칙 자체를 금지함
reason-mount-options = 마운트 옵션 때문에 커넥터 프로그램이 전용 도메인에서 시작되지 못함
reason-policy-denies = 정책이 여전히 거부함
reason-program-label = 커넥터의 프로그램에 전용 도메인용 레이블이 없음
reason-agent-not-restarted = 커넥터가 아직 다른 도메인에서 실행 중임
reason-policy-load-locked = 다음 부팅 전까지 커널이 새 정책을 받아들이지 않음
reason-policy-load-failed = 정책을 빌드하거나 로드하지 못함
reason-out-of-memory = 정책을 빌드할 메모리가 부족함
reason-user-missing = 사용자 또는 그룹이 없음
reason-user-mismatch = 사용자 또는 그룹이 필요한 대로 설정되어 있지 않음
reason-account-files-immutable = 계정 파일이 변경되지 않도록 보호되어 있음
reason-account-files-locked = 계정 파일이 잠겨 있음
reason-uid-range-full = 시스템 사용자나 시스템 그룹에 할당할 ID가 남아 있지 않음
reason-disk-full = 파일 시스템에 남은 공간이 없음
reason-login-defs-blocked = login.defs의 설정이 막고 있는데 변경할 수도 없음
reason-user-tool-failed = 사용자를 만드는 도구가 실패함
reason-directory-missing = 디렉터리가 없음
reason-directory-mode = 디렉터리의 모드가 잘못됨
reason-directory-owner = 디렉터리의 소유자가 잘못됨
reason-directory-symlink = 디렉터리가 있어야 할 자리에 심볼릭 링크가 있음
reason-directory-mount = 디렉터리 위에 다른 파일 시스템이 마운트되어 있음
reason-read-only-filesystem = 파일 시스템이 읽기 전용으로 마운트되어 있음
reason-headers-missing = 커널 헤더가 설치되어 있지 않음
reason-headers-mismatch = 설치된 커널 헤더가 다른 커널의 것임
reason-headers-incomplete = 커널 헤더의 일부가 없음
reason-scan-process-failing = 파일을 스캔하는 프로세스가 거듭 실패함
reason-scan-start-failed = 파일을 스캔하는 프로세스가 시작되지 않음
reason-memory-low = 사용 가능한 메모리가 부족함
reason-definitions-unreadable = 바이러스 정의 파일을 읽을 수 없음
reason-definitions-invalid = 바이러스 정의 파일이 잘못됨
reason-secure-boot = UEFI 보안 부팅이 켜져 있어 커널 모듈을 로드할 수 없음
reason-signature-enforced = 커널이 서명된 모듈만 받아들이는데 이 모듈에는 서명이 없음
reason-kernel-module-missing = 실행 중인 커널에 맞는 모듈이 없음
reason-kernel-module-refused = 커널이 모듈을 거부함
reason-lockdown = 커널이 기밀성(confidentiality) 수준으로 잠겨 있어 eBPF 프로그램이 커널 메모리를 읽지 못함
reason-bpf-not-permitted = 커널이 root에게 bpf(2) 사용을 허용하지 않음
reason-bpf-program-rejected = 아무 일도 하지 않는 eBPF 프로그램마저 커널이 거부함
reason-load-locked = 커널 구성 요소가 로드된 상태에서 호스트가 거듭 비정상 종료되어 로드 잠금이 걸림
reason-kernel-unsupported = 커넥터가 실행 중인 커널을 지원하지 않음
reason-kernel-option = 커널이 eBPF 프로그램에 필요한 옵션 없이 빌드됨
reason-events-overloaded = 커넥터가 감시할 수 있는 것보다 이벤트가 많음
reason-raised-by-hand = 명령줄에서 수동으로 발생시킴

scope-directories = 원인이 "디렉터리 변경"인 경우
scope-kernel-modules = RHEL 및 CentOS 6, 7; Oracle Linux 7(RHCK 또는 UEK 5 이하); Amazon Linux 2(커널 4.14 이하)
scope-own-module = 모듈을 직접 빌드하는 경우
scope-ebpf = eBPF 프로그램의 로드를 막는 원인인 경우
scope-red-hat = RHEL, CentOS, Rocky Linux, AlmaLinux 8 이상; Oracle Linux 8(RHCK)
scope-amazon = Amazon Linux 2(커널 4.19 이상)
scope-debian = Debian 10 이상; Ubuntu 18.04 이상
scope-oracle-uek = Oracle Linux 7, 8(UEK 6 이상)
scope-suse = SUSE Linux 및 그 계열
scope-enterprise-linux = 기본 정책에 이 규칙이 없는 Enterprise Linux: EL 7 및 그 계열(업데이트 수준에 따라 다름)

source-install = 설치
source-upgrade = 업그레이드
source-repair = 복구
source-boot = 부팅 시 점검
source-timer = 일일 점검
source-trigger = 다른 패키지 설치 후 점검
source-remove = 제거
source-manual = 수동 명령
source-load-lock = 로드 잠금
source-runtime = 실행 중인 커넥터

word-heading = 결함 { $id }: { $title } ({ $severity })
word-critical = 심각
word-major = 주요
word-minor = 경미
word-raised = 발생 여부
word-not-raised = 기록 없음(결함 저장소에는 마지막 복구나 실행 중인 커넥터가 발견한 결함이 있습니다. 현재 상태는 “{ $command }” 명령으로 검사합니다)
word-since = { $time }부터({ $source })
word-why = { $reason }: { $detail }
word-remedy = 이 호스트에서 해결하는 방법
word-in-root = 이 명령은 { $root }에 있는 시스템을 위한 것입니다. 각각을 그 루트 안에서 실행하거나, 이 시스템에서 실행할 명령을 확인하십시오:
    chroot { $root } COMMAND
    { $command }
word-when = 원인
word-meanwhile = 영향
word-what-to-do = 조치 방법
word-applies = 적용 범위
word-connector = 커넥터 { $version } 이상
word-any-connector = 모든 커넥터
word-logs = 로그
word-cleared = 결함 { $id } 해제됨: 원인이 사라졌습니다
word-more = 자세한 설명
word-reasons = 이유
word-page-summary = 커넥터의 결함, 그 이유와 해제 방법
word-page-about = { $program } 및 커넥터는 호스트의 문제를 번호가 있는 결함으로 하나의 저장소에 기록합니다. “{ $status }” 명령은 발생한 결함을 나열하고, “{ $explain }” 명령은 이 호스트의 결함을 설명합니다. 결함은 원인이 사라지면 자동으로 해제됩니다.
word-page-commands = 아래의 패키지 이름과 명령은 Enterprise Linux의 예입니다. 이 호스트의 것은 “{ $explain }” 명령으로 확인합니다. 제목과 번호는 공급업체의 것입니다.
word-section-name = 이름
word-section-description = 설명
word-section-faults = 결함
word-section-see-also = 관련 항목
