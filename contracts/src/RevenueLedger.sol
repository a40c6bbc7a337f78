// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IRevenueLedger} from "./interfaces/IRevenueLedger.sol";
import {RevenueTypes} from "./libraries/RevenueTypes.sol";
import {Nonces} from "./Nonces.sol";
import {CreatorLedger} from "./revenue/CreatorLedger.sol";
import {RoyaltyInbox} from "./RoyaltyInbox.sol";

/// @title What models earned, and for whom
contract RevenueLedger is Nonces, CreatorLedger, ReentrancyGuardTransient {
    using RevenueTypes for *;
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    /// @inheritdoc IRevenueLedger
    address public immutable usdc;
    /// @inheritdoc IRevenueLedger
    address public immutable nft;
    /// @inheritdoc IRevenueLedger
    address public immutable registry;
    /// @inheritdoc IRevenueLedger
    address public immutable controller;
    address private immutable _inboxCode;
    address private transient _sweeping;

    /// @inheritdoc IRevenueLedger
    mapping(uint256 modelId => uint16) public creatorShareBps;
    /// @inheritdoc IRevenueLedger
    uint256 public totalOwed;
    /// @inheritdoc IRevenueLedger
    mapping(address token => mapping(address account => uint256)) public tokenCreditOf;

    mapping(address account => uint256) private _credit;
    mapping(address account => uint256 index) private _collectCursor;

    modifier onlyController() {
        if (msg.sender != controller) revert OnlyController(msg.sender);
        _;
    }

    modifier onlyRegistry() {
        if (msg.sender != registry) revert OnlyRegistry(msg.sender);
        _;
    }

    constructor(address usdc_, address nft_, address registry_, address controller_) EIP712("DeHug Revenue", "1") {
        usdc = usdc_;
        nft = nft_;
        registry = registry_;
        controller = controller_;
        _inboxCode = address(new RoyaltyInbox());
    }

    /// @notice Native coin that an inbox of a known model holds, on its way through `sweepTokenRoyalty`.
    receive() external payable {
        if (msg.sender != _sweeping) revert OnlyInbox(msg.sender);
    }

    // Money coming in

    /// @inheritdoc IRevenueLedger
    function open(uint256 modelId, address[] calldata creators, uint16[] calldata shares, uint16 creatorShareBps_)
        external
        onlyRegistry
    {
        if (creatorShareBps_ > WHOLE) revert CreatorShareTooHigh(creatorShareBps_);
        _setShares(modelId, creators, shares);
        creatorShareBps[modelId] = creatorShareBps_;
        emit SharesSet(modelId, creators, shares, creatorShareBps_);
    }

    /// @inheritdoc IRevenueLedger
    function credit(uint256 modelId, uint256 amount) external onlyController {
        address holder = IERC721(nft).ownerOf(modelId);
        uint256 creatorAmount = amount * creatorShareBps[modelId] / WHOLE;
        uint256 holderAmount = amount - creatorAmount;
        Totals storage totals = _totals[modelId];
        totals.creator += creatorAmount.toUint128();
        totals.holder += holderAmount.toUint128();
        _credit[holder] += holderAmount;
        totalOwed += amount;
        emit Credited(modelId, amount, creatorAmount, holderAmount, holder);
    }

    /// @inheritdoc IRevenueLedger
    function sweepRoyalty(uint256 modelId) external nonReentrant returns (uint256 amount) {
        amount = _sweep(modelId, usdc);
        _totals[modelId].creator += amount.toUint128();
        totalOwed += amount;
        emit RoyaltyReceived(modelId, amount);
    }

    /// @inheritdoc IRevenueLedger
    function sweepTokenRoyalty(uint256 modelId, address token) external nonReentrant returns (uint256 amount) {
        if (token == usdc) revert UseSweepRoyalty();
        amount = _sweep(modelId, token);
        _splitToken(modelId, token, amount);
        emit TokenRoyaltyReceived(modelId, token, amount);
    }

    // Money going out

    /// @inheritdoc IRevenueLedger
    function collect(address account, uint256[] calldata modelIds) external {
        for (uint256 i = 0; i < modelIds.length; ++i) {
            _collect(modelIds[i], account);
        }
    }

    /// @inheritdoc IRevenueLedger
    function withdraw(address to, uint256 amount) external {
        _withdraw(msg.sender, to, amount);
    }

    /// @inheritdoc IRevenueLedger
    function withdrawBySig(Withdraw calldata w, bytes calldata signature) external {
        _requireBefore(w.deadline);
        _requireSignedBy(w.account, w.hash(), signature);
        _useAccountNonce(w.account, w.nonce);
        _withdraw(w.account, w.to, w.amount);
    }

    /// @inheritdoc IRevenueLedger
    function withdrawToken(address token, address to) external returns (uint256 amount) {
        if (to == address(0)) revert ZeroAddress();
        amount = tokenCreditOf[token][msg.sender];
        if (amount == 0) revert ZeroAmount();
        tokenCreditOf[token][msg.sender] = 0;
        emit TokenWithdrawn(msg.sender, token, to, amount);
        _sendToken(token, to, amount);
    }

    /// @inheritdoc IRevenueLedger
    function reduceShare(ReduceShare calldata r, bytes calldata signature) external {
        _requireBefore(r.deadline);
        if (r.to == address(0)) revert ZeroAddress();
        _requireSignedBy(r.from, r.hash(), signature);
        _useAccountNonce(r.from, r.nonce);
        _moveShare(r.modelId, r.from, r.to, r.bps);
        emit ShareReduced(r.modelId, r.from, r.to, r.bps);
    }

    // Reading

    /// @inheritdoc IRevenueLedger
    function creditOf(address account) external view returns (uint256 amount) {
        amount = _credit[account];
        uint256[] storage modelIds = _modelsOf[account];
        for (uint256 i = 0; i < modelIds.length; ++i) {
            amount += uncollected(modelIds[i], account);
        }
    }

    /// @inheritdoc IRevenueLedger
    function royaltyInbox(uint256 modelId) public view returns (address) {
        return Clones.predictDeterministicAddress(_inboxCode, bytes32(modelId));
    }

    // How

    function _withdraw(address account, address to, uint256 amount) private {
        if (to == address(0)) revert ZeroAddress();
        if (amount == 0) revert ZeroAmount();
        _collectUntil(account, amount);
        uint256 available = _credit[account];
        if (available < amount) revert InsufficientCredit(account, available, amount);
        _credit[account] = available - amount;
        totalOwed -= amount;
        emit Withdrawn(account, to, amount);
        IERC20(usdc).safeTransfer(to, amount);
    }

    /// @dev Goes on where it stopped last time, so that models without earnings are not visited over and over.
    function _collectUntil(address account, uint256 wanted) private {
        uint256[] storage modelIds = _modelsOf[account];
        uint256 count = modelIds.length;
        uint256 cursor = _collectCursor[account];
        for (uint256 i = 0; i < count && _credit[account] < wanted; ++i) {
            _collect(modelIds[cursor % count], account);
            cursor = (cursor + 1) % count;
        }
        if (_collectCursor[account] != cursor) _collectCursor[account] = cursor;
    }

    function _collect(uint256 modelId, address account) private {
        uint256 amount = _take(modelId, account);
        if (amount == 0) return;
        _credit[account] += amount;
        emit Collected(modelId, account, amount);
    }

    function _sweep(uint256 modelId, address token) private returns (uint256 amount) {
        if (_creators[modelId].length == 0) revert UnknownModel(modelId);
        address inbox = royaltyInbox(modelId);
        if (inbox.code.length == 0) Clones.cloneDeterministic(_inboxCode, bytes32(modelId));
        uint256 before = _balance(token);
        _sweeping = inbox;
        RoyaltyInbox(payable(inbox)).sweep(token);
        _sweeping = address(0);
        amount = _balance(token) - before;
        if (amount == 0) revert ZeroAmount();
    }

    function _splitToken(uint256 modelId, address token, uint256 amount) private {
        (address[] memory creators, uint16[] memory shares) = sharesOf(modelId);
        uint256 rest = amount;
        for (uint256 i = creators.length - 1; i > 0; --i) {
            uint256 part = amount * shares[i] / WHOLE;
            tokenCreditOf[token][creators[i]] += part;
            rest -= part;
        }
        tokenCreditOf[token][creators[0]] += rest;
    }

    function _balance(address token) private view returns (uint256) {
        return token == address(0) ? address(this).balance : IERC20(token).balanceOf(address(this));
    }

    function _sendToken(address token, address to, uint256 amount) private {
        if (token != address(0)) return IERC20(token).safeTransfer(to, amount);
        (bool sent,) = to.call{value: amount}("");
        if (!sent) revert NativeTransferFailed(to, amount);
    }
}
