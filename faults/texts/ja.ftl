# 日本語。「」の中は、そのまま入力または検索する語句。欧文と和文の間は半角スペース。

fault-5 = スキャンサービス用ユーザーが利用不可
    .cause = ファイルをスキャンするアカウントがないか、必要な設定になっていません。または、{ $directory } かその下のディレクトリのいずれかが、root 所有・モード 0755 ではなくなっています。
    .impact = スキャンは続きますが、非特権ユーザー { $user } ではなく root が実行します。ファイルの解析処理に欠陥があると、root 権限を悪用されるおそれがあります。
    .resolution-repair = 「{ $program } repair」を実行します。ユーザー { $user } と同名のグループを作成するか、その設定を修正します。
    .resolution-login-defs = /etc/login.defs の USERGROUPS_ENAB が yes 以外で、このファイルを変更できない場合、{ $program } はまず「useradd --user-group」を試します。それも失敗する場合は、ファイルに書き込めるようにしてから（lsattr と mount で確認）、もう一度「{ $program } repair」を実行します。この設定は、修復が終わると元の値に戻ります。
    .resolution-directories = { $directory } とその下のディレクトリを root 所有・モード 0755 に戻し、変更したプログラムを停止します。
    .resolution-restart = コネクタを再起動し、状態を確認し直させます。

fault-6 = スキャンサービスの頻繁な再起動
    .cause = ファイルをスキャンするプロセスが何度も異常終了し、コネクタが復旧のために自らを再起動しました。
    .impact = スキャンは可能な範囲で続きますが、一部のファイルはスキャンされないことがあります。
    .resolution-wait = しばらく待ちます。再起動後、異常なく 10 分が経過すると、この障害は自動的に解消されます。
    .resolution-files = 解消されない場合は、どのファイルがスキャナーを異常終了させているかをログで調べ、そのファイルを取り除くか、スキャンの対象から除外します。

fault-7 = スキャンサービスの起動失敗
    .cause = ファイルをスキャンするプロセスを起動できません。コネクタが自らを再起動しても変わらないか、起動に必要なものがこのホストに揃っていません。
    .impact = ファイルはまったくスキャンされません。
    .resolution-restart = コネクタを再起動します。コネクタは起動時に、無効なウイルス定義ファイル{ $definitions ->
        [none] {""}
       *[other] （{ $definitions }）
    }を削除します。
    .resolution-definitions = 定義ファイルが更新されるたびに再発する場合は、コネクタの整合性チェックが無効な{ $definitions ->
        [none] ファイル
       *[other] {" "}{ $definitions } ファイル
    }を見逃しています。ログを保存し、ベンダーのサポートに問い合わせます。
    .resolution-memory = 使用可能なメモリを「free -m」で確認します。不足していると、スキャナーは起動できません。Linux で必要な容量は、コネクタのドキュメントに記載されています。ほかのプログラムを停止するか、メモリを増設します。

fault-8 = リアルタイムファイルシステム監視の起動失敗
    .cause = { $filesystem-module ->
        [none] ファイルシステムを監視する eBPF プログラムがカーネルに拒否されています。
       *[other] ファイルシステムを監視するカーネルモジュール { $filesystem-module } を読み込めなかったか、新しいカーネルでの監視に使う eBPF プログラムがカーネルに拒否されています。
    }{ $filesystem-option ->
        [none] {""}
       *[other] これが必要なのは、コネクタのポリシーで「{ $filesystem-option }」が有効な場合だけです。
    }
    .impact = ファイルシステムのアクティビティが監視されません。
    .resolution-secure-boot = ファームウェアの設定で UEFI セキュアブートを無効にします。現在の状態は「mokutil --sb-state」で確認できます。
    .resolution-conflict = すでに無効な場合は、カーネルがモジュールを拒否した理由を /var/log/messages で調べます。{ $filesystem-module ->
        [none] モジュールが
       *[other] { $filesystem-module } が
    }カーネルまたは他社製のモジュールと競合している可能性があります。
    .resolution-kernel = 実行中のカーネル { $kernel } をコネクタがサポートしていない場合は、サポートされているカーネルで起動します。{ $filesystem-module ->
        [none] {""}
       *[other] コネクタのバージョンが対応していれば、このカーネル用の { $filesystem-module } を自分でビルドすることもできます。
    }
    .resolution-lockdown = カーネルがロックダウンされている場合（「cat /sys/kernel/security/lockdown」で [confidentiality] と表示される場合）は、カーネルコマンドラインの「lockdown=confidentiality」を「lockdown=integrity」に変更して再起動します。
    .resolution-load-lock = 原因がロードロックの場合は、「{ $program } load-lock status」でロックされた理由を確認します。その原因を取り除いてから、「{ $program } load-lock reset」を実行します。コネクタのアップグレードや再インストールでも、ロックは解除されます。

fault-9 = リアルタイムネットワーク監視の起動失敗
    .cause = { $network-module ->
        [none] ネットワークを監視する eBPF プログラムがカーネルに拒否されています。
       *[other] ネットワークを監視するカーネルモジュール { $network-module } を読み込めなかったか、新しいカーネルでの監視に使う eBPF プログラムがカーネルに拒否されています。
    }{ $network-option ->
        [none] {""}
       *[other] これが必要なのは、コネクタのポリシーで「{ $network-option }」が有効な場合だけです。
    }
    .impact = ネットワークのアクティビティが監視されません。
    .resolution-secure-boot = ファームウェアの設定で UEFI セキュアブートを無効にします。現在の状態は「mokutil --sb-state」で確認できます。
    .resolution-conflict = すでに無効な場合は、カーネルがモジュールを拒否した理由を /var/log/messages で調べます。{ $network-module ->
        [none] モジュールが
       *[other] { $network-module } が
    }カーネルまたは他社製のモジュールと競合している可能性があります。
    .resolution-kernel = 実行中のカーネル { $kernel } をコネクタがサポートしていない場合は、サポートされているカーネルで起動します。{ $network-module ->
        [none] {""}
       *[other] コネクタのバージョンが対応していれば、このカーネル用の { $network-module } を自分でビルドすることもできます。
    }
    .resolution-lockdown = カーネルがロックダウンされている場合（「cat /sys/kernel/security/lockdown」で [confidentiality] と表示される場合）は、カーネルコマンドラインの「lockdown=confidentiality」を「lockdown=integrity」に変更して再起動します。
    .resolution-load-lock = 原因がロードロックの場合は、「{ $program } load-lock status」でロックされた理由を確認します。その原因を取り除いてから、「{ $program } load-lock reset」を実行します。コネクタのアップグレードや再インストールでも、ロックは解除されます。

fault-11 = 必要なカーネル開発パッケージの不足
    .cause = 実行中のカーネル { $kernel } に型情報（BTF）がなく、このカーネルと一致するヘッダーもインストールされていないため、eBPF プログラムをビルドできません。
    .impact = ファイルとネットワークのアクティビティは、限られた範囲でしか監視されません。
    .resolution-kernel = CONFIG_DEBUG_INFO_BTF を有効にしてビルドされたカーネルに更新し、そのカーネルで起動します。これが恒久的な解決策です。
    .resolution-headers = 更新できない場合は、実行中のカーネルと一致するヘッダーのパッケージ { $package } をインストールします:
        { $install-headers }
    .resolution-archive = そのバージョンがリポジトリにもうない場合は、ディストリビューションのアーカイブから入手するか、カーネルとヘッダーを一緒に更新します。
    .resolution-restart = 1 分ほど待ちます。障害が解消されない場合は、コネクタを再起動します。

fault-16 = 互換性のないカーネル
    .cause = このバージョンのコネクタが実行中のカーネル { $kernel } をサポートしていないか、このカーネルが eBPF プログラムに必要なオプションなしでビルドされています。{ $filesystem-option ->
        [none] {""}
       *[other] 一方、コネクタのポリシーでは「{ $filesystem-option }」または「{ $network-option }」が有効になっています。
    }
    .impact = ファイルとネットワークのアクティビティは、ポリシーの指定どおりには監視されません。
    .resolution-kernel = コネクタがサポートする古いバージョンのカーネルで起動します。
    .resolution-connector = または、{ $kernel } をサポートするバージョンにコネクタをアップグレードします。対応するカーネルは、コネクタの Linux 用システム要件に記載されています。
    .resolution-option = カーネルのオプションが原因の場合は、ディストリビューションが提供するカーネルで起動するか、そのオプションを有効にしてカーネルをビルドし直します。

fault-18 = コネクタのイベント監視の過負荷
    .cause = ホスト上のイベントが多すぎて、コネクタが監視しきれません。重大度が「メジャー」のときは、負荷が下がるまで監視するイベントの種類を減らします。「クリティカル」のときは、負荷がさらに高くなっています。
    .impact = 保護の対象は、特に重要なイベントに限られます。
    .resolution-exclusion = 活動が特に多いプログラムを探します（「top」などを使用）。無害で信頼できるプログラムであれば、ポリシーのプロセス除外セットに追加します。それだけで解消されることもあります。
    .resolution-investigate = 負荷の原因となる無害なプログラムが見当たらない場合は、悪意のあるプロセスがないか調べます。
    .resolution-wait = 負荷が一時的なものであれば、対処は不要です。負荷が下がると、障害は自動的に解消されます。
    .resolution-provision = 障害が頻発し、無害なプログラムも悪意のあるプロセスも原因でない場合は、より性能の高いマシンに処理を移します。

fault-19 = SELinux ポリシーの欠落または無効化
    .cause = SELinux が enforcing モードで動作していますが、コネクタに必要なクラス { $class } のパーミッション（{ $permissions }）の一部またはすべてが、ポリシーでドメイン { $domain } に許可されていません。
    .impact = コネクタは、ホスト上のアクティビティを監視できません。
    .resolution-tools = ポリシーモジュールの追加に必要なツールを含むパッケージ { $tools } をインストールします:
        { $install-tools }
    .resolution-repair = 「{ $program } repair」を実行します。モジュール { $module } をインストールするか再び有効にし、それで許可されたかどうかをカーネルに問い合わせます。
    .resolution-by-hand = または、独自のポリシーに次の規則を追加します:
        allow { $domain } self:{ $class } {"{"} { $permissions } {"}"};
    .resolution-restart = コネクタを再起動し、プログラムを読み込ませます。

reason-tools-missing = 必要なツールがインストールされていない
reason-class-missing = ポリシーに BPF のオブジェクトクラス、またはそのパーミッションの一つがない
reason-type-missing = ポリシーにコネクタのドメインがない
reason-policy-version = ポリシーツールとポリシーの形式のバージョンが合わない
reason-store-locked = 別のプログラムがポリシーストアをロックしている
reason-store-broken = ポリシーストアが壊れている
reason-store-read-only = ポリシーストアに書き込めない
reason-module-disabled = ポリシーモジュールが無効になっている
reason-module-missing = ポリシーモジュールがインストールされていない
reason-neverallow = ポリシーがこの規則自体を禁止している
reason-mount-options = マウントオプションのため、コネクタのプログラムが専用のドメインで起動しない
reason-policy-denies = ポリシーが依然として拒否する
reason-program-label = コネクターのプログラムに専用ドメイン用のラベルが付いていない
reason-agent-not-restarted = コネクターがまだ別のドメインで動作している
reason-policy-load-locked = 次回の起動まで、カーネルは新しいポリシーを受け付けない
reason-policy-load-failed = ポリシーをビルドまたは読み込めなかった
reason-out-of-memory = ポリシーをビルドするためのメモリが足りない
reason-user-missing = ユーザーまたはグループが存在しない
reason-user-mismatch = ユーザーまたはグループが必要な設定になっていない
reason-account-files-immutable = アカウントファイルが変更から保護されている
reason-account-files-locked = アカウントファイルがロックされている
reason-uid-range-full = システムユーザーまたはシステムグループに割り当てる ID が残っていない
reason-disk-full = ファイルシステムに空き領域がない
reason-login-defs-blocked = login.defs の設定が妨げになっていて、変更もできない
reason-user-tool-failed = ユーザーを作成するツールが失敗した
reason-directory-missing = ディレクトリが存在しない
reason-directory-mode = ディレクトリのモードが正しくない
reason-directory-owner = ディレクトリの所有者が正しくない
reason-directory-symlink = ディレクトリのあるべき場所にシンボリックリンクがある
reason-directory-mount = ディレクトリの上に別のファイルシステムがマウントされている
reason-read-only-filesystem = ファイルシステムが読み取り専用でマウントされている
reason-headers-missing = カーネルヘッダーがインストールされていない
reason-headers-mismatch = インストールされているカーネルヘッダーは別のカーネルのものである
reason-headers-incomplete = カーネルヘッダーの一部が欠けている
reason-scan-process-failing = ファイルをスキャンするプロセスが異常終了を繰り返している
reason-scan-start-failed = ファイルをスキャンするプロセスが起動しない
reason-memory-low = 使用可能なメモリが不足している
reason-definitions-unreadable = ウイルス定義ファイルを読み取れない
reason-definitions-invalid = ウイルス定義ファイルが無効である
reason-secure-boot = UEFI セキュアブートが有効なため、カーネルモジュールを読み込めない
reason-signature-enforced = カーネルが署名付きモジュールしか受け付けず、このモジュールには署名がない
reason-kernel-module-missing = 実行中のカーネル用のモジュールがない
reason-kernel-module-refused = カーネルがモジュールを拒否した
reason-lockdown = カーネルが機密性レベルでロックダウンされており、eBPF プログラムがカーネルのメモリを読み取れない
reason-bpf-not-permitted = カーネルが root に bpf(2) の使用を許可していない
reason-bpf-program-rejected = 何もしない eBPF プログラムさえカーネルに拒否された
reason-load-locked = カーネルコンポーネントを読み込んだ状態でホストが繰り返しクラッシュしたため、ロードロックがかかっている
reason-kernel-unsupported = 実行中のカーネルをコネクタがサポートしていない
reason-kernel-option = カーネルが eBPF プログラムに必要なオプションなしでビルドされている
reason-events-overloaded = コネクタが監視しきれない量のイベントが発生している
reason-raised-by-hand = コマンドラインから手動で発生させた

scope-directories = 「ディレクトリの変更」が原因の場合
scope-kernel-modules = RHEL・CentOS の 6 と 7、Oracle Linux 7（RHCK または UEK 5 以前）、Amazon Linux 2（カーネル 4.14 以前）
scope-own-module = モジュールを自分でビルドする場合
scope-ebpf = eBPF プログラムの読み込みを妨げる原因
scope-red-hat = RHEL・CentOS・Rocky Linux・AlmaLinux の 8 以降、Oracle Linux 8（RHCK）
scope-amazon = Amazon Linux 2（カーネル 4.19 以降）
scope-debian = Debian 10 以降、Ubuntu 18.04 以降
scope-oracle-uek = Oracle Linux 7 と 8（UEK 6 以降）
scope-suse = SUSE Linux とその派生ディストリビューション
scope-enterprise-linux = 基本ポリシーにこの規則がない Enterprise Linux（EL 7 とその派生ディストリビューション、更新レベルによる）

source-install = インストール時
source-upgrade = アップグレード時
source-repair = 修復時
source-boot = 起動時の確認
source-timer = 毎日の確認
source-trigger = 別のパッケージのインストール後の確認
source-remove = 削除時
source-manual = 手動コマンド
source-load-lock = ロードロック
source-runtime = 動作中のコネクタ

word-heading = 障害 { $id }: { $title }（{ $severity }）
word-critical = クリティカル
word-major = メジャー
word-minor = マイナー
word-raised = 発生状況
word-not-raised = 記録なし（障害ストアにあるのは、前回の修復または実行中のコネクタが見つけた障害です。現在の状態は “{ $command }” で確認します）
word-since = { $time } から（{ $source }）
word-why = { $reason }: { $detail }
word-remedy = このホストでの修正方法
word-in-root = これらのコマンドは { $root } にあるシステム用です。それぞれをそのルートの中で実行するか、このマシン用のコマンドを表示してください:
    chroot { $root } COMMAND
    { $command }
word-when = 原因
word-meanwhile = 影響
word-what-to-do = 対処方法
word-applies = 適用範囲
word-connector = コネクタ { $version } 以降
word-any-connector = すべてのコネクタ
word-logs = ログ
word-cleared = 障害 { $id } は解消しました。原因はもうありません
word-more = 詳しい説明
word-reasons = 理由
word-page-summary = コネクタの障害、その理由、解消方法
word-page-about = { $program } とコネクタは、ホストの問題を番号付きの障害として一つのストアに記録します。“{ $status }” は発生中の障害を一覧表示し、“{ $explain }” はこのホストでの障害を説明します。障害は原因がなくなると自動的に解消します。
word-page-commands = 以下のパッケージ名とコマンドは Enterprise Linux での例です。このホストのものは “{ $explain }” で表示されます。名称と番号はベンダーによるものです。
word-section-name = 名前
word-section-description = 説明
word-section-faults = 障害
word-section-see-also = 関連項目
