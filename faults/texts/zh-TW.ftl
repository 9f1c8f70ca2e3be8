# 正體中文（臺灣）。「」內的文字請照樣輸入或尋找。中西文之間空一格。

fault-5 = 掃描服務使用者無法使用
    .cause = 掃描檔案的帳號不存在或設定不符要求，或者 { $directory } 本身或其下的目錄不再由 root 擁有、權限不再是 0755。
    .impact = 檔案仍會掃描，但由 root 執行，而不是權限受限的使用者 { $user }。解析檔案的程式若有漏洞，root 權限就可能遭到濫用。
    .resolution-repair = 執行「{ $program } repair」。它會建立使用者 { $user } 和同名的群組，或修正其設定。
    .resolution-login-defs = 如果 /etc/login.defs 的 USERGROUPS_ENAB 不是 yes，而這個檔案又無法變更，{ $program } 會先嘗試「useradd --user-group」。如果仍然失敗，請讓檔案可以寫入（用 lsattr 和 mount 檢查），再執行一次「{ $program } repair」。修復後設定會恢復原值。
    .resolution-directories = 將 { $directory } 及其下的目錄改回由 root 擁有、權限 0755，並停止更動它們的程式。
    .resolution-restart = 重新啟動連接器，讓它重新檢查。

fault-6 = 掃描服務頻繁重新啟動
    .cause = 掃描檔案的行程一再失敗，連接器為了恢復它而自行重新啟動。
    .impact = 掃描會盡可能繼續，但有些檔案可能掃描不到。
    .resolution-wait = 稍候即可。重新啟動後，只要 10 分鐘內沒有再失敗，故障就會自動清除。
    .resolution-files = 如果沒有清除，請從記錄檔找出是哪個檔案讓掃描程式當掉，然後移除該檔案，或將它排除在掃描範圍之外。

fault-7 = 掃描服務無法啟動
    .cause = 掃描檔案的行程無法啟動，連接器自行重新啟動後仍然如此；或者這台主機缺少該行程啟動所需的條件。
    .impact = 完全不掃描檔案。
    .resolution-restart = 重新啟動連接器。連接器啟動時會移除無效的病毒定義檔{ $definitions ->
        [none] 。
       *[other] （{ $definitions }）。
    }
    .resolution-definitions = 如果每次更新定義檔後都再度發生，表示連接器的完整性檢查沒有抓到無效的{ $definitions ->
        [none] 檔案。
       *[other] {" "}{ $definitions } 檔。
    }請保留記錄檔，並洽詢廠商的技術支援。
    .resolution-memory = 用「free -m」查看可用的記憶體；記憶體不足時，掃描程式無法啟動。Linux 所需的容量請參閱 連接器的說明文件。請停止其他程式或增加記憶體。

fault-8 = 即時檔案系統監控無法啟動
    .cause = { $filesystem-module ->
        [none] 核心拒絕了監控檔案系統的 eBPF 程式。
       *[other] 監控檔案系統的核心模組 { $filesystem-module } 無法載入，或核心拒絕了在較新核心上用來監控的 eBPF 程式。
    }{ $filesystem-option ->
        [none] {""}
       *[other] 只有在連接器政策開啟「{ $filesystem-option }」時，才需要這些元件。
    }
    .impact = 不會監控檔案系統的活動。
    .resolution-secure-boot = 在韌體設定中關閉 UEFI 安全開機（Secure Boot）。目前的狀態可用「mokutil --sb-state」查看。
    .resolution-conflict = 如果已經關閉，請在 /var/log/messages 中查看核心拒絕該模組的原因。{ $filesystem-module ->
        [none] 它可能
       *[other] { $filesystem-module } 可能
    }與核心或第三方模組衝突。
    .resolution-kernel = 如果連接器不支援執行中的核心 { $kernel }，請改用支援的核心開機{ $filesystem-module ->
        [none] 。
       *[other] ；如果連接器的版本支援，也可以自行為這個核心建置 { $filesystem-module }。
    }
    .resolution-lockdown = 如果核心處於鎖定（lockdown）狀態（「cat /sys/kernel/security/lockdown」顯示 [confidentiality]），請將核心命令列中的「lockdown=confidentiality」改為「lockdown=integrity」，再重新開機。
    .resolution-load-lock = 如果原因是載入鎖，請用「{ $program } load-lock status」查看上鎖的原因。先排除該原因，再執行「{ $program } load-lock reset」。升級或重新安裝連接器也會解鎖。

fault-9 = 即時網路監控無法啟動
    .cause = { $network-module ->
        [none] 核心拒絕了監控網路的 eBPF 程式。
       *[other] 監控網路的核心模組 { $network-module } 無法載入，或核心拒絕了在較新核心上用來監控的 eBPF 程式。
    }{ $network-option ->
        [none] {""}
       *[other] 只有在連接器政策開啟「{ $network-option }」時，才需要這些元件。
    }
    .impact = 不會監控網路的活動。
    .resolution-secure-boot = 在韌體設定中關閉 UEFI 安全開機（Secure Boot）。目前的狀態可用「mokutil --sb-state」查看。
    .resolution-conflict = 如果已經關閉，請在 /var/log/messages 中查看核心拒絕該模組的原因。{ $network-module ->
        [none] 它可能
       *[other] { $network-module } 可能
    }與核心或第三方模組衝突。
    .resolution-kernel = 如果連接器不支援執行中的核心 { $kernel }，請改用支援的核心開機{ $network-module ->
        [none] 。
       *[other] ；如果連接器的版本支援，也可以自行為這個核心建置 { $network-module }。
    }
    .resolution-lockdown = 如果核心處於鎖定（lockdown）狀態（「cat /sys/kernel/security/lockdown」顯示 [confidentiality]），請將核心命令列中的「lockdown=confidentiality」改為「lockdown=integrity」，再重新開機。
    .resolution-load-lock = 如果原因是載入鎖，請用「{ $program } load-lock status」查看上鎖的原因。先排除該原因，再執行「{ $program } load-lock reset」。升級或重新安裝連接器也會解鎖。

fault-11 = 缺少必要的核心開發套件
    .cause = 執行中的核心 { $kernel } 沒有型別資訊（BTF），也沒有安裝與它完全相符的標頭檔，因此無法建置 eBPF 程式。
    .impact = 檔案和網路活動只有一部分受到監控。
    .resolution-kernel = 將核心更新為以 CONFIG_DEBUG_INFO_BTF 建置的版本，並用它開機。這是長久的解決方法。
    .resolution-headers = 否則，請安裝與執行中核心完全相符的標頭檔套件 { $package }：
        { $install-headers }
    .resolution-archive = 如果套件庫已不再提供該版本，請從發行版的封存庫取得，或將核心與標頭檔一起更新。
    .resolution-restart = 等候一分鐘；如果故障仍在，請重新啟動連接器。

fault-16 = 核心不相容
    .cause = 這個版本的連接器不支援執行中的核心 { $kernel }，或該核心建置時缺少 eBPF 程式所需的選項{ $filesystem-option ->
        [none] 。
       *[other] ，而連接器政策開啟了「{ $filesystem-option }」或「{ $network-option }」。
    }
    .impact = 無法依政策的要求監控檔案和網路活動。
    .resolution-kernel = 改用連接器支援的較舊核心開機。
    .resolution-connector = 或將連接器升級到支援 { $kernel } 的版本；支援哪些核心，請參閱連接器的 Linux 系統需求。
    .resolution-option = 如果原因是核心選項，請改用發行版提供的核心開機，或開啟該選項後重新建置核心。

fault-18 = 連接器事件監控超載
    .cause = 主機上的事件多到連接器監控不完。嚴重性為「主要」時，連接器會減少監控的事件種類，直到負載下降；為「嚴重」時，負載更加沉重。
    .impact = 保護範圍僅限於最重要的事件。
    .resolution-exclusion = 找出活動特別頻繁的程式（例如用「top」）。如果它無害且值得信任，請將它加入政策的行程排除集；有時這樣就能清除故障。
    .resolution-investigate = 如果沒有無害的程式能解釋負載的來源，請調查是否有惡意行程。
    .resolution-wait = 如果只是短暫的尖峰，則無須處理；負載下降後，故障會自動清除。
    .resolution-provision = 如果經常發生，而原因既不是無害的程式，也不是惡意行程，請將工作移到規格更高的機器。

fault-19 = 缺少 SELinux 政策或政策已停用
    .cause = SELinux 處於 enforcing 模式，而其政策沒有將連接器所需的 { $class } 類別權限（{ $permissions }）全部授予網域 { $domain }。
    .impact = 連接器無法監控主機上的活動。
    .resolution-tools = 安裝 { $tools }，其中包含新增政策模組所需的工具：
        { $install-tools }
    .resolution-repair = 執行「{ $program } repair」。它會安裝模組 { $module } 或重新啟用它，並向核心查證這樣是否足夠。
    .resolution-by-hand = 或將這條規則加入您自己的政策：
        allow { $domain } self:{ $class } {"{"} { $permissions } {"}"};
    .resolution-restart = 重新啟動連接器，讓它載入程式。

reason-tools-missing = 未安裝所需的工具
reason-class-missing = 政策中沒有 BPF 的物件類別，或缺少其中一項權限
reason-type-missing = 政策中沒有連接器的網域
reason-policy-version = 政策工具與政策的格式版本不一致
reason-store-locked = 政策儲存區被其他程式鎖定
reason-store-broken = 政策儲存區已損毀
reason-store-read-only = 政策儲存區無法寫入
reason-module-disabled = 政策模組已停用
reason-module-missing = 未安裝政策模組
reason-neverallow = 政策完全禁止這條規則
reason-mount-options = 掛載選項使連接器的程式無法在其專屬網域中啟動
reason-policy-denies = 政策仍然拒絕
reason-program-label = 連接器的程式沒有其專屬網域的標籤
reason-agent-not-restarted = 連接器仍在另一個網域中執行
reason-policy-load-locked = 下次開機之前，核心不接受新的政策
reason-policy-load-failed = 政策無法建置或載入
reason-out-of-memory = 記憶體不足，無法建置政策
reason-user-missing = 使用者或其群組不存在
reason-user-mismatch = 使用者或其群組不符要求
reason-account-files-immutable = 帳號檔案受到保護，無法變更
reason-account-files-locked = 帳號檔案已被鎖定
reason-uid-range-full = 已沒有可指派給系統使用者或系統群組的 ID
reason-disk-full = 檔案系統的空間已滿
reason-login-defs-blocked = login.defs 中的設定造成妨礙，而且無法變更
reason-user-tool-failed = 建立使用者的工具執行失敗
reason-directory-missing = 目錄不存在
reason-directory-mode = 目錄的權限不正確
reason-directory-owner = 目錄的擁有者不正確
reason-directory-symlink = 原本應為目錄的位置是符號連結
reason-directory-mount = 目錄上掛載了其他檔案系統
reason-read-only-filesystem = 檔案系統以唯讀方式掛載
reason-headers-missing = 未安裝核心標頭檔
reason-headers-mismatch = 已安裝的核心標頭檔屬於其他核心
reason-headers-incomplete = 核心標頭檔不完整
reason-scan-process-failing = 掃描檔案的行程一再失敗
reason-scan-start-failed = 掃描檔案的行程無法啟動
reason-memory-low = 可用的記憶體不足
reason-definitions-unreadable = 病毒定義檔無法讀取
reason-definitions-invalid = 病毒定義檔無效
reason-secure-boot = UEFI 安全開機已開啟，因此無法載入核心模組
reason-signature-enforced = 核心只接受已簽章的模組，而這個模組沒有簽章
reason-kernel-module-missing = 沒有適用於執行中核心的模組
reason-kernel-module-refused = 核心拒絕了該模組
reason-lockdown = 核心鎖定在機密性（confidentiality）層級，eBPF 程式無法讀取核心記憶體
reason-bpf-not-permitted = 核心不允許 root 使用 bpf(2)
reason-bpf-program-rejected = 連不執行任何動作的 eBPF 程式也遭核心拒絕
reason-load-locked = 核心元件載入後主機一再當機，因此載入鎖已上鎖
reason-kernel-unsupported = 連接器不支援執行中的核心
reason-kernel-option = 核心建置時缺少 eBPF 程式所需的選項
reason-events-overloaded = 事件多到連接器監控不完
reason-raised-by-hand = 在命令列手動觸發

scope-directories = 原因為「目錄遭更動」時
scope-kernel-modules = RHEL 與 CentOS 6、7；Oracle Linux 7（RHCK，或 UEK 5 以下）；Amazon Linux 2（核心 4.14 以下）
scope-own-module = 自行建置模組時
scope-ebpf = 原因為 eBPF 程式無法載入時
scope-red-hat = RHEL、CentOS、Rocky Linux、AlmaLinux 8 以上；Oracle Linux 8（RHCK）
scope-amazon = Amazon Linux 2（核心 4.19 以上）
scope-debian = Debian 10 以上；Ubuntu 18.04 以上
scope-oracle-uek = Oracle Linux 7、8（UEK 6 以上）
scope-suse = SUSE Linux 及其衍生發行版
scope-enterprise-linux = 基本政策缺少這條規則的 Enterprise Linux：EL 7 及其衍生發行版，視更新版次而定

source-install = 安裝時
source-upgrade = 升級時
source-repair = 修復時
source-boot = 開機時檢查
source-timer = 每日檢查
source-trigger = 其他套件安裝後檢查
source-remove = 移除時
source-manual = 手動指令
source-load-lock = 載入鎖
source-runtime = 執行中的連接器

word-heading = 故障 { $id }：{ $title }（{ $severity }）
word-critical = 嚴重
word-major = 主要
word-minor = 次要
word-raised = 發生狀況
word-not-raised = 無記錄（故障儲存區存放的是上次修復或執行中的連接器發現的故障；“{ $command }” 會檢查目前的狀態）
word-since = 自 { $time } 起（{ $source }）
word-why = { $reason }：{ $detail }
word-remedy = 在這台主機上的修正方式
word-in-root = 這些命令適用於 { $root } 中的系統。請在該根目錄中逐一執行，或查看這台機器要執行的命令：
    chroot { $root } COMMAND
    { $command }
word-when = 原因
word-meanwhile = 影響
word-what-to-do = 處理方式
word-applies = 適用範圍
word-connector = 連接器 { $version } 以上
word-any-connector = 所有連接器
word-logs = 記錄檔
word-cleared = 故障 { $id } 已清除：原因已消失
word-more = 詳細說明
word-reasons = 原因代碼
word-page-summary = 連接器的故障、其原因代碼與清除方式
word-page-about = { $program } 與連接器將主機的問題以編號的故障記錄在同一個儲存區。“{ $status }” 會列出發生中的故障，“{ $explain }” 會說明這台主機上的故障。原因消失後，故障會自動清除。
word-page-commands = 以下的套件名稱與命令是 Enterprise Linux 的範例；“{ $explain }” 會顯示這台主機適用的內容。標題與編號由廠商訂定。
word-section-name = 名稱
word-section-description = 說明
word-section-faults = 故障
word-section-see-also = 參見
